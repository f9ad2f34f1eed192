export { type Flag, type FlagKind, flagName, flags } from "./flags.ts";
export { managedEnv, managedFlags } from "./managed.ts";
export { type Drift, removed } from "./versions.ts";
export { vllmCauses as causes } from "./vllm-causes.ts";

/** What `engine.kind` takes. Both have one command line. */
export const engineKinds: readonly string[] = ["vllm", "sim"];
