/** The verbs over all nodes. Each prints nothing: it emits events and returns an exit code or what was asked for. */
export { type BenchAsk, bench } from "./bench-verb.ts";
export { type CheckVerbAsk, checkNodes } from "./check/index.ts";
export { type DownAsk, down } from "./down.ts";
export { type ExecAsk, type Executed, exec } from "./exec.ts";
export { findCluster } from "./find-cluster.ts";
export { NodeErrors } from "./fleet.ts";
export { identify } from "./identify.ts";
export { knownClusters, knownOf } from "./known.ts";
export { type LogsAsk, logs } from "./logs.ts";
export { type OrphansAsk, orphans } from "./orphans/index.ts";
export { changes } from "./plan-changes.ts";
export { type ScaleInAsk, scaleIn } from "./scale-in.ts";
export { type SmokeAsk, smoke } from "./smoke-verb.ts";
export { status, statuses } from "./status.ts";
export { type UpAsk, type UpOptions, up } from "./up/index.ts";
