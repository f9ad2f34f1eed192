export { acceleratorScripts, type Machine, readMachine } from "./accelerators.ts";
export { readDevices } from "./devices/index.ts";
export type { DeviceFact, Facts } from "./facts.ts";
export type { ModelConfig } from "./model-config.ts";
export { listener, readFacts } from "./read.ts";
export { readModelConfig } from "./read-model-config.ts";

/** The script of templates/ that answers for every node. */
export const gatherScript = "gather/node";
