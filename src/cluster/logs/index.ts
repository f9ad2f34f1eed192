import { firstError } from "../../diagnose/index.ts";
import { logs as stream } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import { Fleet } from "../fleet/fleet.ts";
import { sayBegin } from "../run/begin.ts";
import { userError, whyOf } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { type Closing, Ended, verb } from "../run/verb.ts";
import { opened, stateDirOf } from "../standing/look.ts";
import { selected } from "../standing/select.ts";
import type { Known, Standing } from "../standing/standing.ts";
import { Lines } from "./lines.ts";
import { tellEnds } from "./log-ends.ts";
import { type NodeTime, younger } from "./since.ts";

const CLOCK_MS = 10_000;

export interface LogsAsk {
  /** Roles, instances, engines, side services; none: all. */
  readonly select: readonly string[];
  /** Last lines of each; with `sinceMs`, all that are young enough. */
  readonly tail: number;
  /** Only from the first line on that says it was written so long ago, or later. */
  readonly sinceMs?: number;
  readonly follow: boolean;
  readonly grep?: RegExp;
  /** From the first error line of each service on. */
  readonly errors: boolean;
}

/** Lines of services' logs, as they were written, each as one event. A node that is lost is asked again while following. */
export async function logs(known: Known, ask: LogsAsk, run: Run): Promise<number> {
  const fleet = new Fleet(known.nodes, run);
  run.about(known.cluster, 0);
  const left = () => ({ state: "unknown" as const, next: ["pdctl status"] });
  try {
    return await verb(run, "logs", { not: "has no more logs", left }, async () => {
      const { there, standing } = await opened(known, fleet, run, { ready: false });
      const chosen = selected(standing.services, ask.select);
      if (chosen.length === 0)
        throw new Ended({
          exit: 1,
          state: "absent",
          verdict: ask.select.length === 0 ? "has no logs" : `has no ${ask.select.join(", ")}`,
          untimed: true,
          next: ["pdctl status"],
        });
      sayBegin("logs", chosen, new Set(chosen.map(({ node }) => node)).size, run);
      await Promise.all(
        [...new Set(chosen.map(({ node }) => node))].map((node) =>
          readNode(
            node,
            chosen.filter((one) => one.node === node),
            there,
            ask,
            fleet,
            run,
          ),
        ),
      );
      return logsRead(standing);
    });
  } finally {
    await fleet.close();
  }
}

/** What a node that is away has written is not shown, and that is said. */
function logsRead({ nodes }: Standing): Closing {
  const silent = nodes.filter(({ state }) => state !== "reached");
  if (silent.length === 0) return { exit: 0, state: "healthy", verdict: "logs read", untimed: true, next: [] };
  const names = folded(silent.map(({ node }) => node));
  const verdict = `has logs on ${names} that were not read: ${silent[0]?.why ?? "no answer"}`;
  return { exit: 5, state: "unknown", verdict, untimed: true, next: ["pdctl status"] };
}

async function readNode(
  node: string,
  services: Standing["services"],
  known: Known,
  ask: LogsAsk,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const logs = new Map(services.map(({ spec }) => [spec.service, new Lines()]));
  const held = new Map<string, string[]>();
  const emit = (service: string, line: string, pdctl = false) =>
    run.emit({ type: "log", level: "info", node, service, data: { line, ...(pdctl && { pdctl }) } });
  const young = new Map<string, (line: string) => boolean>();
  if (ask.sinceMs !== undefined) {
    const time = await timeOf(node, fleet, run);
    for (const { spec } of services) young.set(spec.service, younger(ask.sinceMs, time));
  }
  const say = (service: string, line: string) => {
    if (young.get(service)?.(line) === false) return;
    if (ask.errors) held.set(service, held.get(service) ?? []);
    if (ask.errors) held.get(service)?.push(line);
    else if (ask.grep === undefined || ask.grep.test(line)) emit(service, line);
  };
  const told = new Set<string>();
  const tellOnce = (service: string, text: string) => {
    if (!told.has(service)) emit(service, text, true);
    told.add(service);
  };
  for (let again = false; ; again = true) {
    try {
      // after a loss, from the byte that we have seen last; a service that was started anew meanwhile has a log of its own
      const wanted = [...logs].map(([service, { generation, at }]) =>
        again && generation !== undefined ? { service, generation, from: at } : { service, ...(again && { from: 0 }) },
      );
      const tail = ask.errors || ask.sinceMs !== undefined ? {} : { tail: ask.tail };
      const from = { stateDir: stateDirOf(known, node), services: wanted, follow: ask.follow, ...tail };
      const over = new AbortController();
      const ends = ask.follow
        ? tellEnds(node, services, from.stateDir, fleet, AbortSignal.any([run.signal, over.signal]), tellOnce)
        : Promise.resolve();
      try {
        for await (const chunk of stream(fleet.session(node), from, fleet.scripts, run.signal))
          for (const line of logs.get(chunk.service)?.take(chunk) ?? []) say(chunk.service, line);
      } finally {
        over.abort();
        await ends;
      }
      break;
    } catch (error) {
      if (run.signal.aborted && ask.follow) break; // leaving `logs -f` is how it ends
      run.signal.throwIfAborted();
      if (!ask.follow) throw error;
      for (const service of logs.keys()) emit(service, `${node} lost, asking again; the log goes on there`, true);
      await fleet.again(node, whyOf(userError(error)), run.signal);
      for (const service of logs.keys()) emit(service, `${node} back`, true);
    }
  }
  for (const [service, lines] of logs) for (const rest of lines.rest()) say(service, rest);
  for (const [service, lines] of held) for (const line of firstError(lines, ask.tail)) emit(service, line);
}

async function timeOf(node: string, fleet: Fleet, run: Run): Promise<NodeTime> {
  const answer = await fleet.session(node).call({
    script: run.templates["cluster/clock"] ?? "",
    values: {},
    deadlineMs: CLOCK_MS,
    signal: run.signal,
    what: "its clock",
  });
  const [, now, sign, hours, minutes] = /^(\d+) ([+-])(\d\d)(\d\d)/.exec(answer.stdout.toString("utf8")) ?? [];
  const east = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1);
  return { nowMs: now === undefined ? Date.now() : Number(now), offsetMinutes: east };
}
