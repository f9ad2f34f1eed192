export { type Flag, type FlagKind, flagName, flags, formsOf, releaseOf, releases } from "./flags.ts";
export { managedEnv, managedFlags } from "./managed.ts";
export { type Drift, removed } from "./versions.ts";
export { vllmCauses as causes } from "./vllm-causes.ts";
