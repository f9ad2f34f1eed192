import type { Cause } from "../diagnose/cause.ts";
import { containerCauses } from "./container-causes.ts";
import { vllmCauses } from "./vllm-causes.ts";

/** Of the engine, and of what it runs in: a container that does not start is said in the tool's words, before any of vLLM's. */
export const causes: readonly Cause[] = [...containerCauses, ...vllmCauses];
