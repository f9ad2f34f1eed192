import type { Phase, ProofData } from "../../cluster/events.ts";
import { folded, naming, shorten } from "../../words/names.ts";
import { duration, limit, several } from "../../words/numbers.ts";
import { enginesOf, type Found, type NodeRow, type PhaseRow, type Tally } from "../tally.ts";
import { card, checkLines } from "../text/card.ts";
import { changeRows } from "../text/changes-text.ts";
import { justify, padEnd } from "../text/width.ts";
import { engineRows } from "./engine-rows.ts";

/** Text is laid out for this many columns. */
export const TEXT = 88;
const HEIGHT = 20;
const CHANGES = 8;

/** What stands on the screen now: at most 20 rows while the run goes on, everything once it has ended. */
export function frame(state: Tally, now: number, rows = Number.POSITIVE_INFINITY): string[] {
  if (state.start === undefined && state.phases.size === 0) return [];
  const ended = state.result !== undefined;
  if (ended && state.verb === "smoke") return []; // its lines are the answer, and stand on stdout
  const height = ended ? Number.POSITIVE_INFINITY : Math.min(HEIGHT, rows);
  const before = [...header(state, now), ...phasesUntil(state, now, "engines")];
  const after = [...phasesFrom(state, now, "engines"), ...nodeRows(state, now, ended)];
  const cards = ended && hasCardsAtEnd(state.verb) ? [] : cardsOf(state, ended, height - before.length - after.length);
  const hint = ended || state.verb !== "up" ? [] : ["", "Ctrl-C starts nothing more and keeps what runs."];
  const room = height - before.length - after.length - cards.length - hint.length;
  const engines = ended ? [] : engineRows(state, now, room);
  const lines = [...before, ...engines, ...after, ...cards, ...(room < 0 ? [] : hint)];
  return lines.slice(0, height).map((line) => line.trimEnd());
}

function header(state: Tally, now: number): string[] {
  const { start, cluster, generation } = state;
  if (start === undefined) return [];
  const tail = `generation ${generation}`;
  if (start.rehearsal === true)
    return [`${cluster} · rehearsal: stand-in engines, real nodes, real ports, no devices · ${tail}`, ""];
  if (state.verb !== "up")
    return [`${cluster} · ${several(start.services, "service")} on ${several(start.nodes, "node")} · ${tail}`, ""];
  const elapsed = state.result?.seconds ?? (now - state.startedAt) / 1000;
  const left = [cluster, several(start.nodes, "node"), several(start.engines, "engine"), tail].join(" · ");
  return [justify(left, duration(elapsed), TEXT), ""];
}

function phaseRows(state: Tally, now: number): readonly (readonly [Phase, readonly string[]])[] {
  const last = [...state.phases.values()].findLastIndex((row) => row.state !== "waiting");
  const come = [...state.phases].filter(([, row], at) => row.state !== "waiting" || at > last); // what was passed over has nothing to do
  const begun = come.map(([phase, row]) => [phase, phaseLines(state, phase, row, now)] as const);
  if (state.result !== undefined) return begun.filter(([phase]) => state.phases.get(phase)?.state !== "waiting"); // they never came
  if (state.phases.get("engines")?.state !== "running") return begun;
  const coming = state.expects.filter((phase) => !state.phases.has(phase));
  const waiting = { state: "waiting", since: now } as const;
  return [...begun, ...coming.map((phase) => [phase, phaseLines(state, phase, waiting, now)] as const)];
}

function phasesUntil(state: Tally, now: number, last: Phase): string[] {
  const rows = phaseRows(state, now);
  const index = rows.findIndex(([phase]) => phase === last);
  return rows.slice(0, index + 1 || rows.length).flatMap(([, lines]) => lines);
}

function phasesFrom(state: Tally, now: number, after: Phase): string[] {
  const rows = phaseRows(state, now);
  const index = rows.findIndex(([phase]) => phase === after);
  return index < 0 ? [] : rows.slice(index + 1).flatMap(([, lines]) => lines);
}

function phaseLines(state: Tally, phase: Phase, row: PhaseRow, now: number): string[] {
  const left = (sign: string, text: string) => `${sign} ${padEnd(phase, 10)}${text}`;
  switch (row.state) {
    case "waiting":
      return [left("·", `waits for ${awaits(state, phase, row)}`)];
    case "running": {
      const passed = duration(row.seconds ?? (now - row.since) / 1000);
      return [
        justify(
          left("→", phaseText(state, phase, row)),
          row.limitSeconds === undefined ? passed : `${passed} / ${limit(row.limitSeconds)}`,
          TEXT,
        ),
      ];
    }
    case "done": {
      const text = left("✔", phaseText(state, phase, row));
      const stands = row.seconds === undefined ? text : justify(text, duration(row.seconds), TEXT);
      return [stands, ...checksOf(state, phase), ...changesOf(state, phase)];
    }
    case "failed": {
      if (phase === "check") return [`✖ ${padEnd(phase, 8)}${phaseText(state, phase, row)}`, ...checksOf(state, phase)]; // stands over its list as a label
      const text = left("✖", phaseText(state, phase, row));
      return [row.seconds === undefined ? text : justify(text, duration(row.seconds), TEXT)];
    }
  }
}

function awaits(state: Tally, phase: Phase, row: PhaseRow): string {
  const ready = enginesOf(state).filter(([, { state }]) => state === "ready").length;
  const behind = Math.max(enginesOf(state).length, state.start?.engines ?? 0) - ready;
  if (phase === "proxy" && behind > 0) return several(behind, "engine");
  if (row.awaits !== undefined) return row.awaits;
  const names = [...new Set([...state.phases.keys(), ...state.expects])];
  const previous = names[names.indexOf(phase) - 1];
  return previous === "proxy" ? "the proxy" : (previous ?? "its turn");
}

/** The phase's own words; what can be counted here is counted here, so that it changes in place. */
export function phaseText(state: Tally, phase: Phase, row: PhaseRow): string {
  const engines = enginesOf(state);
  const known = engines.length > 0 || state.start !== undefined;
  if (phase === "engines" && known && row.state === "running") return readyOf(state);
  if (row.text !== undefined)
    return phase === "logs" ? row.text.replace(/(?<= to )\/.*/, (path) => shorten(path, state.places)) : row.text;
  if (phase === "engines" && engines.length > 0)
    return row.state === "done" ? `${readyOf(state)}${lastReady(state)}` : readyOf(state);
  if (phase === "smoke" && state.proof !== undefined) return proofText(state.proof);
  if (phase === "check" && row.state === "failed") return checkCounts(state);
  if (phase === "connect" && state.start !== undefined) {
    const reached = [...state.nodes.values()].filter((node) => node.state === "reached").length;
    return `${reached} of ${several(state.start.nodes, "node")}`;
  }
  return "";
}

function checkCounts({ findings }: Tally): string {
  const of = (level: string) => findings.filter((found) => found.phase === "check" && found.level === level).length;
  return [
    several(of("error"), "error"),
    ...(["warning", "note"] as const).flatMap((level) => (of(level) > 0 ? [several(of(level), level)] : [])),
  ].join(", ");
}

function readyOf(state: Tally): string {
  const engines = enginesOf(state);
  const of = Math.max(engines.length, state.start?.engines ?? 0);
  return `${engines.filter(([, { state }]) => state === "ready").length} of ${of} ready`;
}

function lastReady(state: Tally): string {
  const last = enginesOf(state).reduce<readonly [string, { since: number; node: string }] | undefined>(
    (latest, engine) => (latest === undefined || engine[1].since >= latest[1].since ? engine : latest),
    undefined,
  );
  return last === undefined ? "" : `; last was ${naming(state.services.keys())(last[0])} on ${last[1].node}`;
}

export const proofText = ({ requests, endpoints: { prefill, decode } }: ProofData) =>
  `${several(requests, "request")}, P ${prefill.join("/")}, D ${decode.join("/")}`;

/** What a check found stands under its row; notes are for plan and check. */
function checksOf({ findings }: Tally, phase: Phase): string[] {
  if (phase !== "check") return [];
  return findings
    .filter((found) => found.phase === "check" && found.level !== "note")
    .flatMap(({ data, level, code }) => checkLines(data, level, code));
}

/** What is about to change stands under the check that found it; what stays is not news. */
function changesOf({ changes }: Tally, phase: Phase): string[] {
  if (phase !== "check" || changes === undefined) return [];
  const rows = changeRows(changes.changes.filter(({ kind }) => kind !== "keep")).map((row) => `  ${row}`);
  const folded = rows.length > CHANGES ? [...rows.slice(0, CHANGES), `  … ${rows.length - CHANGES} more`] : rows;
  return [...folded, ...(changes.outage === undefined ? [] : [`  ⚠ ${changes.outage}`])];
}

function nodeRows(state: Tally, now: number, ended: boolean): string[] {
  const shown = naming(state.services.keys());
  const mine = (node: string) =>
    folded([...state.services].filter(([, row]) => row.node === node).map(([id]) => shown(id)));
  return [...state.nodes].flatMap(([node, row]) => nodeLine(node, row, mine(node), ended ? row.since : now));
}

function nodeLine(node: string, row: NodeRow, services: string, now: number): string[] {
  if (row.state === "lost") {
    const ago = now === row.since ? "" : ` ${duration((now - row.since) / 1000)} ago, asking again every 2s`;
    return [`⚠ ${node} lost${ago}${services === "" ? "" : `; ${services} unknown`}`];
  }
  return row.backAfter === undefined
    ? []
    : [
        `✔ ${node} is back after ${duration(row.backAfter / 1000)}${services === "" ? "" : `; ${services} never stopped`}`,
      ];
}

/** The cards of these verbs stand in their answer, between the table and the verdict. */
export const hasCardsAtEnd = (verb: string) => ["down", "smoke", "bench", "orphans"].includes(verb);

/** The first cause in full; what does not fit while the run goes on is its title. */
function cardsOf({ findings }: Tally, ended: boolean, room: number): string[] {
  const cards = findings.filter((found) => found.phase !== "check" && found.level !== "note");
  const full = cards.flatMap((found) => ["", ...show(found)]);
  if (ended || full.length <= room) return full;
  const [first, ...others] = cards;
  return first === undefined ? [] : ["", ...show(first), ...others.slice(0, 3).map(({ data }) => `✖ ${data.title}`)];
}

export const show = ({ data, level, code }: Found) => card(data, { level, code });
