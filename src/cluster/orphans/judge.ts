import type { DeviceFact } from "../../facts/index.ts";
import { grouped } from "../../once.ts";
import type { MarkedProcess, Traces } from "../../supervise/index.ts";
import type { OrphanData } from "./data.ts";

/** One line of the answer, and the processes that `--kill` would end for it. */
export interface Judged {
  readonly row: OrphanData;
  readonly processes: readonly MarkedProcess[];
}

/**
 * Says of everything on a node what it is and whose. A marked process is an orphan when the state that it names does not count it among
 * what runs; what another cluster runs is no orphan; without the mark nothing is pdctl's. Pure.
 */
export function judgeNode(
  node: string,
  traces: Traces,
  devices: readonly DeviceFact[],
  asked: { readonly cluster: string; readonly ports: readonly number[] },
): readonly Judged[] {
  const portsOf = (pids: ReadonlySet<number>) =>
    traces.listening.filter(({ pid }) => pid !== null && pids.has(pid)).map(({ port }) => port);
  const held = (pids: readonly number[]) => {
    const set = new Set(pids);
    const ports = [...new Set(portsOf(set))].toSorted((a, b) => a - b);
    return { pids: [...set].toSorted((a, b) => a - b), ports, devices: heldBy(set, devices) };
  };
  const groups = grouped(traces.processes, (one) => `${one.stateDir} ${one.generation}/${one.service}`);
  const known = [...groups.values()].flatMap((processes): readonly Judged[] => {
    const [first] = processes;
    if (first === undefined) return [];
    const state = traces.states.find(({ stateDir }) => stateDir === first.stateDir)?.state;
    const why = abandoned(first, state !== undefined, traces);
    if (why === undefined && first.cluster === asked.cluster) return [];
    const row: OrphanData = {
      kind: why === undefined ? "cluster" : first.own ? "orphan" : "foreign",
      node,
      cluster: first.cluster,
      service: first.service,
      generation: first.generation,
      owner: state?.owner ?? null,
      user: first.user,
      ...held(processes.map(({ pid }) => pid)),
      seconds: Math.max(...processes.map(({ seconds }) => seconds)),
      command: first.command,
      why: why ?? "runs as its own state says",
      state: "lives",
    };
    return [{ row, processes }];
  });
  const marked = new Set(traces.processes.map(({ pid }) => pid));
  return [...clustersFolded(known), ...strangers(node, traces, devices, marked).map((row) => ({ row, processes: [] }))];
}

/** Why a marked process belongs to nothing any more; undefined: it is part of what its state lists as running. */
function abandoned(process: MarkedProcess, hasState: boolean, { runs }: Traces): string | undefined {
  if (!hasState) return "the state that it names is gone";
  const mine = runs.filter(({ stateDir, service }) => stateDir === process.stateDir && service === process.service);
  const run = mine.find(({ generation }) => generation === process.generation);
  if (run === undefined) return "its run is not in the state any more";
  if (run.life !== "alive") return run.life === "dead" ? "it outlived its engine" : "nothing says that it was started";
  const newer = mine.find(({ generation, life }) => generation > process.generation && life === "alive");
  return newer === undefined ? undefined : `generation ${newer.generation} of it runs`;
}

/** What another cluster runs is one line: it is not what was looked for, but it may be in the way. */
function clustersFolded(all: readonly Judged[]): readonly Judged[] {
  const others = grouped(
    all.filter(({ row }) => row.kind === "cluster"),
    ({ row }) => row.cluster,
  );
  const folded = [...others.values()].flatMap((mine): readonly Judged[] => {
    const rows = mine.map(({ row }) => row);
    const [first] = rows;
    if (first === undefined) return [];
    const row = {
      ...first,
      service: null,
      pids: rows.flatMap(({ pids }) => pids),
      ports: rows.flatMap(({ ports }) => ports),
      devices: [...new Set(rows.flatMap(({ devices }) => devices))],
      seconds: Math.max(...rows.map(({ seconds }) => seconds ?? 0)),
    };
    return [{ row, processes: [] }];
  });
  return [...all.filter(({ row }) => row.kind !== "cluster"), ...folded];
}

/** Unmarked ones on the plan's ports, or with a device: not pdctl's, as far as anybody can prove. One row for each process. */
function strangers(
  node: string,
  { listening, holders }: Traces,
  devices: readonly DeviceFact[],
  marked: ReadonlySet<number>,
): readonly OrphanData[] {
  const none: readonly string[] = [];
  const there = [
    ...listening.map(({ port, ...who }) => ({ ...who, ports: [port], devices: none })),
    ...holders.map((who) => ({ ...who, ports: [], devices: heldBy(new Set([who.pid]), devices) })),
  ].filter(({ pid }) => pid === null || !marked.has(pid));
  const processes = grouped(there, ({ pid, ports }) => (pid === null ? `port ${ports[0]}` : `pid ${pid}`));
  return [...processes.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const ports = [...new Set(same.flatMap((one) => one.ports))];
    const row: OrphanData = {
      kind: "stranger",
      node,
      cluster: null,
      service: null,
      generation: null,
      owner: null,
      user: first.user,
      pids: first.pid === null ? [] : [first.pid],
      ports,
      devices: [...new Set(same.flatMap((one) => one.devices))],
      seconds: null,
      command: first.command,
      why: ports.length > 0 ? "listens on a port of the plan" : "holds a device",
      state: "lives",
    };
    return [row];
  });
}

const heldBy = (pids: ReadonlySet<number>, devices: readonly DeviceFact[]): readonly string[] =>
  devices.filter(({ holders }) => holders.some(({ pid }) => pids.has(pid))).map(({ id }) => id);
