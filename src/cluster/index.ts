/** The verbs over all nodes. Each prints nothing: it emits events and returns an exit code or what was asked for. */
export { type BenchAsk, bench } from "./bench/index.ts";
export { type CheckVerbAsk, checkNodes } from "./check/index.ts";
export { type DownAsk, down } from "./down/index.ts";
export { type ExecAsk, type Executed, exec } from "./exec.ts";
export { identify } from "./fleet/identify.ts";
export { type LogsAsk, logs } from "./logs/index.ts";
export { type OrphansAsk, orphans } from "./orphans/index.ts";
export { type ScaleInAsk, scaleIn } from "./rolling/scale-in.ts";
export { NodeErrors } from "./run/node-errors.ts";
export { type SmokeAsk, smoke } from "./smoke/index.ts";
export { findCluster } from "./standing/find-cluster.ts";
export { planOf } from "./standing/kept-plan.ts";
export { knownClusters, knownOf } from "./standing/known.ts";
export { status, statuses } from "./status/index.ts";
export { type UpAsk, type UpOptions, up } from "./up/index.ts";
export { changes } from "./up/plan-changes.ts";
