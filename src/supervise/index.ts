/**
 * What pdctl does on one node. Values in, values out; every function is one round trip unless it says otherwise, takes the
 * scripts as texts (`scriptsOf(run.templates)`) and an AbortSignal last, and throws only what the session throws.
 *
 *     start(session, ask: StartAsk, scripts, signal): Promise<readonly Started[]>
 *         Puts files and starts services. Files above 64 KiB cost one question first (which are missing?).
 *         The run directory is <stateDir>/runs/<generation>/<service>/ with spec.json, launch.sh, handle.json, exit.json, log
 *         and, while the launch script still needs it, `secrets` (0600, lines NAME='value' to be sourced with `set -a`).
 *         launch.sh runs as `bash <run dir>/launch.sh` with PDCTL_RUN, PDCTL_HOME (= stateDir), PDCTL_RUN_DIR and SPT_NOENV=1
 *         in its environment; inside a container too, where the state directory is mounted at the same path.
 *         Two starts at once on one node wait for each other.
 *     inspect(session, { stateDir, ready?, others? }, scripts, signal): Promise<Look>
 *         `ready: true` asks all probes of all living services, at once, at most 2 s each; without probes a living service is ready.
 *     watch(session, { stateDir, services: [{ service, generation }], logs? }, scripts, signal): AsyncIterable<WatchEvent>
 *         `exit` within 0.2 s, `ready` once per service when all its probes hold (asked every second; no probes: at once), `beat` every second.
 *         Throws node.lost when the connection goes; leave with `break` or the signal.
 *     stop(session, { stateDir, services, graceMs }, scripts, signal): Promise<readonly Stopped[]>
 *         All services of the call in parallel; every run of each, whatever its generation. `left` and `unknown` are never hidden.
 *     remains(session, { stateDir }, scripts, signal): Promise<Remains>
 *     traces(session, { ports, pids }, scripts, signal): Promise<Traces>
 *         Every process with pdctl's mark, every state, who listens on these ports. What that means is the caller's to say.
 *     end(session, { processes, graceMs, stateDir }, scripts, signal): Promise<readonly { pid, command }[]>
 *         Ends marked processes by their identity. Returns what stays.
 *     forget(session, { stateDir }, scripts, signal): Promise<readonly string[]>
 *         Removes what the node's state lists: scratch directories, shared memory, the state directory itself. Refuses (node.unfit)
 *         while a process lives. Returns what could not be removed.
 *     renew(session, { stateDir, cluster, ttlMs?, graceMs }, scripts, signal): Promise<void>
 *         How long what runs there may stay without a launcher; the node itself takes it down then, as `down --discard-logs` would.
 *     lock(session, { cluster, holder: Holder, waitMs?, onWait? }, scripts, signal): Promise<Lock>
 *         Throws lock.held with the holder's facts.
 *     logs(session, { stateDir, services: [{ service, generation? }], tail?, follow? }, scripts, signal): AsyncIterable<LogChunk>
 *         No generation = the newest run. `tail` lines of each first (default: all). One channel for all services of the node.
 *     pullLogs(session, { stateDir, services?, to }, scripts, signal): Promise<readonly PulledLog[]>
 *         All runs' logs to `<to>/<service>.log`, those of older generations to `<to>/<service>.<generation>.log`.
 *     meets(session, { stateDir, ports }, scripts, signal): Promise<readonly Meeting[]>
 *         Which of the node's services listen on these ports, and which are connected to them. Without those that cannot be looked into.
 *     amend(session, { stateDir, spec, file }, scripts, signal): Promise<"told" | "gone">
 *         A living service gets a changed file and a SIGHUP, and its record says what it is from now on.
 *     keep(session, { stateDir, cluster, groups, max, windowMs }, scripts, signal): Promise<void>
 *         A keeper on the node starts these groups again when they fail, without a launcher, and gives up after too many tries.
 *     readState(session, { stateDir }, scripts, signal): Promise<NodeState | null>
 *     keepPlan(session, { stateDir, owner, text }, scripts, signal): Promise<void>
 *     keptPlan(session, { stateDir }, scripts, signal): Promise<string | undefined>
 *         The plan that runs, for whoever has no topology.
 *     find(session, scripts, signal): Promise<readonly FoundState[]>
 *         All clusters of this user that the node knows of.
 *     writeState(session, { stateDir, state, claims?, baseline? }, scripts, signal): Promise<NodeState>
 *         `state` without boot and schema; written by rename. Whether another owner's may be overwritten is the caller's decision.
 */
export { type AmendAsk, amend } from "./amend.ts";
export { type FoundState, find } from "./find.ts";
export { inspect } from "./inspect.ts";
export { type KeepAsk, type Kept, keep } from "./keep.ts";
export { LEASE_S } from "./lease.ts";
export { lines } from "./lines.ts";
export { type Held, type LockAsk, lock } from "./lock.ts";
export { type LogsAsk, logs, pullLogs } from "./logs.ts";
export { type Meeting, meets } from "./meets.ts";
export {
  type EndAsk,
  end,
  type Listening,
  type MarkedProcess,
  type StateRun,
  type Traces,
  traces,
} from "./orphans.ts";
export { keepPlan, keptPlan } from "./planned.ts";
export { forget, remains } from "./remains.ts";
export { type RenewAsk, renew } from "./renew.ts";
export { type ScriptName, type Scripts, scriptNames, scriptsOf } from "./scripts.ts";
export { sourced, start } from "./start.ts";
export { readState, type WriteState, writeState } from "./state.ts";
export { type StopAsk, stop } from "./stop.ts";
export type * from "./supervise.ts";
export { type WatchAsk, watch } from "./watch.ts";
