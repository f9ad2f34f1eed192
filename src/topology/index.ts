export { expandRange, foldGroups, foldRange, naturally, parseRange } from "../words/range.ts";
export { type Code, loaderRules, namedCodes } from "./codes.ts";
export type { Declared } from "./declared.ts";
export { type Loaded, loadTopology } from "./load.ts";
export { locate, written } from "./locate.ts";
export type { Origin, Origins } from "./origins.ts";
export { composeEnv } from "./resolve/env.ts";
export { runRules } from "./run-rules.ts";
export { shape } from "./shape/topology.ts";
