import type { Cause } from "../../diagnose/cause.ts";
import { libraryMissing, masterCauses, storeCauses } from "../mooncake-library/causes.ts";

/** Source: vLLM 0.32, mooncake/store; launch.md §3.4, §3.11. */
export const causes: readonly Cause[] = [libraryMissing, ...storeCauses, ...masterCauses];
