import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { readClaims, readExit, readSpec, readState } from "./records.ts";
import type { Scripts } from "./scripts.ts";
import type { Found, Look, NodeState, Other, ServiceState } from "./supervise.ts";

const ANSWER_MS = 20_000; // a home on a busy file server; probes take at most 2 s of it, all at once

/** What the node's own files and /proc say, in one round trip; `others`: this cluster's name, to hear of other clusters, too. Nothing is taken from names of processes. */
export async function inspect(
  session: Session,
  { stateDir, ready = false, others = "" }: { stateDir: string; ready?: boolean; others?: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<Look> {
  const values = { PD_STATE: stateDir, PD_READY: ready ? "1" : "", PD_OTHERS: others, PD_NAME: others };
  const records = await ask(session, scripts, {
    script: ["proc", "gate", "states", "lease", "probe", "inspect"],
    values,
    deadlineMs: ANSWER_MS,
    signal,
  });
  const one = (kind: string) => records.find(([first]) => first === kind)?.[1] ?? "";
  const answers = new Map(records.filter(([kind]) => kind === "ready").map(([, run, yes]) => [run, yes === "1"]));
  const [boot, nodeNowMs, bootedMs] = [one("boot"), Number(one("now")), Number(one("booted"))];
  const unreadable = records
    .filter(([kind]) => kind === "bad")
    .map(([, path = "", why = ""]) => ({ runDir: `${stateDir}/${path}`, why }));
  const runs: Found[] = [];
  for (const [
    ,
    run = "",
    life = "",
    pid,
    start,
    born,
    marked,
    bytes,
    rss,
    former,
    again,
    exit = "",
    spec = "",
  ] of records.filter(([kind]) => kind === "run")) {
    const runDir = `${stateDir}/runs/${run}`;
    const read = readSpec(spec);
    if (read === undefined) {
      unreadable.push({ runDir, why: "spec.json is not one that pdctl writes" });
      continue;
    }
    const identity = { pid: Number(pid), start: Number(start), boot };
    const isReady = answers.get(run);
    runs.push({
      spec: read,
      state: stateOf({ life, identity, bornMs: Number(born), exit, marked: Number(marked), bootedMs }),
      nodeNowMs,
      ...(isReady !== undefined && { ready: isReady }),
      logBytes: Number(bytes),
      rssBytes: Number(rss),
      processes: Number(marked),
      formerRuns: Number(former),
      keeperStarts: Number(again),
      runDir,
    });
  }
  const gaveUp = records
    .filter(([kind]) => kind === "gaveup")
    .map(([, at, restarts, group = "", why = ""]) => ({ atMs: Number(at), restarts: Number(restarts), group, why }));
  const [, ttlMs, leftMs] = records.find(([kind]) => kind === "lease") ?? [];
  return {
    ...(gaveUp.length > 0 && { gaveUp }),
    ...(ttlMs !== undefined && { lease: { ttlMs: Number(ttlMs), leftMs: Math.max(0, Number(leftMs)) } }),
    state: stateText(one("state"), unreadable, stateDir),
    found: newestAndLiving(runs),
    unreadable,
    boot,
    nodeNowMs,
    others: records.filter(([kind]) => kind === "other").flatMap(otherOf),
  };
}

function otherOf([, stateDir = "", living, text = "", claimed = ""]: readonly string[]): readonly Other[] {
  const state = readState(text);
  return state === undefined ? [] : [{ stateDir, state, claims: readClaims(claimed), processes: Number(living) }];
}

interface Seen {
  readonly life: string;
  readonly identity: { readonly pid: number; readonly start: number; readonly boot: string };
  readonly bornMs: number;
  /** Text of exit.json. */
  readonly exit: string;
  readonly marked: number;
  readonly bootedMs: number;
}

function stateOf({ life, identity, bornMs, exit, marked, bootedMs }: Seen): ServiceState {
  if (life === "alive") return { state: "alive", identity, sinceMs: bornMs };
  if (life === "rebooted") return { state: "died", exit: null, signal: null, atMs: bootedMs, rebooted: true };
  if (life === "unreadable") return { state: "unknown", why: "handle.json cannot be read" };
  if (life === "unstarted")
    return marked > 0
      ? { state: "unknown", why: `${marked} processes carry its mark, and nothing says which is the engine` }
      : { state: "absent" };
  if (exit === "") return { state: "died", exit: null, signal: null, atMs: null };
  const end = readExit(exit);
  return end === undefined ? { state: "unknown", why: "exit.json is damaged" } : { state: "died", ...end };
}

function stateText(text: string, unreadable: { runDir: string; why: string }[], stateDir: string): NodeState | null {
  if (text === "") return null;
  const state = readState(text);
  if (state === undefined)
    unreadable.push({ runDir: `${stateDir}/state.json`, why: "it is not one that pdctl writes" });
  return state ?? null;
}

/** Of every service its newest run, and of older ones those of which something lives. */
function newestAndLiving(runs: readonly Found[]): Found[] {
  const newest = new Map<string, number>();
  for (const { spec } of runs) newest.set(spec.service, Math.max(spec.generation, newest.get(spec.service) ?? 0));
  return runs.filter(
    ({ spec, state, processes }) =>
      spec.generation === newest.get(spec.service) || state.state === "alive" || processes > 0,
  );
}
