import type { ChangesData, ClusterEvent, Phase, ServiceWord } from "../../cluster/events.ts";
import { folded, naming, signalNumber } from "../../words/names.ts";
import { clock, count, duration, limit, several } from "../../words/numbers.ts";
import { resultLine } from "../ending/ending.ts";
import { hasCardsAtEnd, phaseText } from "../live/frame.ts";
import { enginesOf, isEngine, type Tally, tally } from "../tally.ts";
import { card } from "../text/card.ts";
import { padEnd } from "../text/width.ts";

/** The run so far as plain lines: one per change, so that each can be read, quoted and grepped alone. */
export interface Plain {
  readonly state: Tally;
  /** What this event added. */
  readonly lines: readonly string[];
  /** Services that went into one state at about the same time, not said yet. */
  readonly waiting:
    | { readonly word: ServiceWord; readonly phase: Phase; readonly ids: readonly string[]; readonly time: string }
    | undefined;
  /** When the last line was said, ms. */
  readonly saidAt: number;
}

export const silent = (state: Tally): Plain => ({ state, lines: [], waiting: undefined, saidAt: 0 });

const HEARTBEAT_MS = 20_000; // progress comes every ten seconds; so one line at least every 30 s
const TOGETHER: ReadonlySet<ServiceWord> = new Set(["starting", "stopped", "unknown"]);

export function plain(before: Plain, event: ClusterEvent): Plain {
  const state = tally(before.state, event);
  if (
    event.type === "service" &&
    event.data.kept !== true &&
    TOGETHER.has(event.data.state) &&
    event.service !== undefined
  )
    return gather(before, state, event, event.service);
  const flushed = flush(before);
  const said = lineOf(flushed, state, event);
  const lines = [...flushed.lines, ...said];
  return { state, lines, waiting: undefined, saidAt: lines.length > 0 ? Date.parse(event.time) : before.saidAt };
}

/** Says what was gathered. */
export function flush(before: Plain): Plain {
  const { waiting, state } = before;
  if (waiting === undefined) return { ...before, lines: [] };
  const shown = naming(state.services.keys());
  const word = waiting.word === "starting" ? "started" : waiting.word;
  const line = lined(waiting.time, waiting.phase, `${folded(waiting.ids.map(shown))} ${word}`);
  return { ...before, lines: [line], waiting: undefined, saidAt: Date.parse(waiting.time) };
}

function gather(before: Plain, state: Tally, event: ClusterEvent & { type: "service" }, id: string): Plain {
  const phase = event.phase ?? state.services.get(id)?.phase ?? "engines";
  const same = before.waiting?.word === event.data.state && before.waiting.phase === phase;
  const known = before.state.services.get(id)?.state === event.data.state;
  if (known || (event.data.state === "starting" && phase !== "engines")) return { ...before, state, lines: [] };
  const flushed = same ? { ...before, lines: [] } : flush(before);
  const ids = [...(same ? (before.waiting?.ids ?? []) : []), id];
  return { ...flushed, state, waiting: { word: event.data.state, phase, ids, time: event.time } };
}

export const lined = (time: string, phase: string, text: string) =>
  `${clock(time)}  ${padEnd(phase, 9)}${text}`.trimEnd();

function lineOf(before: Plain, state: Tally, event: ClusterEvent): string[] {
  const say = (phase: string, text: string) => [lined(event.time, phase, text)];
  switch (event.type) {
    case "start":
      return [opening(state, event.time)];
    case "phase":
      if (event.phase === "bench" && event.data.text !== undefined && event.data.state === "running")
        return Date.parse(event.time) - before.saidAt < HEARTBEAT_MS ? [] : say(event.phase, event.data.text);
      if (event.phase === "connect" && event.data.text !== undefined && event.data.state === "running") {
        const first = before.state.phases.get("connect")?.text === undefined; // whose lock is awaited
        return first || Date.parse(event.time) - before.saidAt >= HEARTBEAT_MS ? say("connect", event.data.text) : [];
      }
      return event.phase === undefined
        ? []
        : phaseLine(state, event.phase, event).flatMap((text) => say(event.phase ?? "", text));
    case "node":
      return nodeText(before.state, state, event).flatMap((text) => say(event.phase ?? current(state), text));
    case "service":
      return serviceText(before.state, state, event).flatMap((text) =>
        say(event.phase ?? state.services.get(event.service ?? "")?.phase ?? "engines", text),
      );
    case "progress":
      return Date.parse(event.time) - before.saidAt < HEARTBEAT_MS
        ? []
        : say(event.phase ?? current(state), progressText(state, event.data));
    case "finding":
      return findingLines(state, event);
    case "proof": {
      const { endpoints, from_prefill, prompt_tokens, evidence } = event.data;
      const moved =
        evidence === "none"
          ? "no counter, log or store shows that KV moved (none)"
          : `${count(from_prefill)} of ${count(prompt_tokens)} prompt tokens came from prefill (${evidence})`;
      return say("smoke", `P ${endpoints.prefill.join("/")}, D ${endpoints.decode.join("/")}, ${moved}`);
    }
    case "changes":
      return changeTexts(event.data).flatMap((text) => say(event.phase ?? "check", text));
    case "result":
      return state.verb === "up" ? say("result", resultLine(state)) : [];
    default:
      return [];
  }
}

/** `restart prefill-0-[0-3]: --max-num-seqs 4 → 8`; what stays is not news. */
function changeTexts({ changes, outage }: ChangesData): string[] {
  const shown = naming(changes.flatMap(({ services }) => services));
  const texts = changes
    .filter(({ kind }) => kind !== "keep")
    .map(({ kind, services, why }) => `${kind} ${folded(services.map(shown))}: ${why}`);
  return outage === undefined ? texts : [...texts, outage];
}

/** The only line with a date: `2026-11-20 pdctl up cluster.yaml: ascend-moe, 4 nodes, …`. */
function opening({ start, cluster, generation, verb }: Tally, time: string): string {
  if (start === undefined) return "";
  const facts = [
    cluster,
    several(start.nodes, "node"),
    ...(verb === "up"
      ? [several(start.engines, "engine")]
      : start.services > 0
        ? [several(start.services, "service")]
        : []),
    ...(generation > 0 ? [`generation ${generation}`] : []), // not known before the nodes were asked
    ...(start.plan === null ? [] : [`plan ${start.plan.slice(0, 8)}`]),
    ...(start.rehearsal === true ? ["rehearsal: stand-in engines"] : []),
  ];
  return `${time.slice(0, 10)} pdctl ${verb}${start.file === undefined ? "" : ` ${start.file}`}: ${facts.join(", ")}`;
}

/** A phase whose services have said it already is silent; the proxy's says where it is ready. */
function phaseLine(state: Tally, phase: Phase, { data }: ClusterEvent & { type: "phase" }): string[] {
  if (data.state !== "done" && data.state !== "failed") return [];
  const row = state.phases.get(phase);
  const text = row === undefined ? "" : phaseText(state, phase, row);
  if (data.state === "failed") return [text === "" ? "not done" : text];
  const ready = [...state.services].filter(
    ([id, service]) => (phase === "engines" ? isEngine(id) : service.phase === phase) && service.state === "ready",
  );
  if (phase === "proxy" && ready[0] !== undefined)
    return [`ready on ${ready[0][1].node}${text === "" ? "" : `, ${text}`}`];
  if ((phase === "side" || phase === "engines") && ready.length > 0) return [];
  return phase === "smoke" && state.proof !== undefined ? [] : [text === "" ? "done" : text];
}

const current = ({ phases }: Tally): string =>
  [...phases].findLast(([, { state }]) => state === "running")?.[0] ?? "connect";

function nodeText(before: Tally, state: Tally, { node, data }: ClusterEvent & { type: "node" }): string[] {
  const row = node === undefined ? undefined : state.nodes.get(node);
  if (row === undefined || (node !== undefined && before.nodes.get(node)?.state === row.state)) return [];
  if (row.backAfter !== undefined) return [`${node} is back after ${duration(row.backAfter / 1000)}`];
  return data.state === "reached"
    ? []
    : [`${node} ${data.state}${data.why === undefined || /^[a-z]+\.[a-z-]+$/.test(data.why) ? "" : `: ${data.why}`}`];
}

function serviceText(before: Tally, state: Tally, { service, data }: ClusterEvent & { type: "service" }): string[] {
  if (service === undefined || data.kept === true || before.services.get(service)?.state === data.state) return [];
  const name = naming(state.services.keys())(service);
  if (data.state === "died") return [`${name} died, ${ended(data)}`];
  if (
    data.state !== "ready" ||
    before.services.get(service)?.phase === "proxy" ||
    state.services.get(service)?.phase === "proxy"
  )
    return [];
  if (!isEngine(service)) return [`${name} ready on ${state.services.get(service)?.node ?? "?"}`];
  const engines = enginesOf(state);
  const all = engines.every(([, row]) => row.state === "ready") ? `; ${engines.length} of ${engines.length}` : "";
  return [`${name} ready${data.seconds === undefined ? "" : ` after ${duration(data.seconds)}`}${all}`];
}

const ended = ({ exit, signal }: { exit?: number | null; signal?: string | null }) =>
  signal !== undefined && signal !== null
    ? `killed by signal ${signalNumber(signal)}`
    : exit === undefined || exit === null
      ? "exit unknown"
      : `exit code ${exit}`;

function progressText(
  state: Tally,
  { ready, of, seconds, limit: most, behind, text }: NonNullable<Tally["progress"]>,
): string {
  const [last] = behind;
  const service = last === undefined ? undefined : state.services.get(last);
  const words = [...new Set([...(service?.state === "loading" ? ["loading"] : []), text, service?.progress ?? text])];
  const least = last === undefined ? "" : `; least far: ${[naming(state.services.keys())(last), ...words].join(", ")}`;
  return `${ready} of ${of} ready, ${duration(seconds)} of ${limit(most)}${least}`;
}

function findingLines(
  state: Tally,
  { level, code, phase, service, node, data, time }: ClusterEvent & { type: "finding" },
): string[] {
  if (level === "note" || phase === "check") {
    const about = service ?? node;
    const subject = about === undefined || data.title.includes(about) ? "" : `${about}: `;
    return [
      lined(time, phase ?? current(state), `${level}${code === undefined ? "" : ` ${code}`} ${subject}${data.title}`),
      ...(level === "note" ? [] : (data.do ?? []).map((text) => lined(time, phase ?? "", `do ${text}`))),
    ];
  }
  if (hasCardsAtEnd(state.verb)) return [lined(time, phase ?? current(state), data.title)];
  return [lined(time, phase ?? current(state), data.title), ...card(data, { level, code }).slice(1)];
}
