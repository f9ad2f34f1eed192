import { folded, naming } from "../../words/names.ts";
import { duration } from "../../words/numbers.ts";
import { enginesOf, type ServiceRow, type Tally } from "../tally.ts";
import { table } from "../text/table.ts";

const ROWS = 8; // past this many, equal states fold
const STALE_MS = 30_000; // from here on it is worth saying that nothing moves

type Engine = readonly [string, ServiceRow];

/** The engines that are not ready, one each; past eight, or where there is less room, folded by role and state. */
export function engineRows(state: Tally, now: number, room: number = ROWS): string[] {
  const engines = enginesOf(state);
  const behind = engines.filter(([, { state }]) => state !== "ready");
  if (behind.length === 0) return [];
  const rows = behind.length > Math.min(ROWS, room) ? foldedRows(engines, now) : singleRows(state, behind, now);
  const fits =
    rows.length <= room
      ? rows
      : [...rows.slice(0, Math.max(0, room - 1)), `… ${rows.length - Math.max(0, room - 1)} more`];
  return room <= 0 ? [] : fits.map((row) => `    ${row}`);
}

function singleRows(state: Tally, engines: readonly Engine[], now: number): string[] {
  const shown = naming(state.services.keys());
  return table(
    engines.map(([id, row]) => [shown(id), row.node, row.state.padEnd(8), howFar(row, now)]),
    3,
  ).map((line) => line.trimEnd());
}

function howFar({ state, progress, progressSince, since }: ServiceRow, now: number): string {
  if (state === "starting") return `no HTTP yet, ${duration((now - since) / 1000)}`;
  if (progress === undefined) return "";
  const still = now - progressSince;
  return still >= STALE_MS && state === "loading" ? `${progress}, unchanged for ${duration(still / 1000)}` : progress;
}

/** Instances of one role whose engines are in the same states are one row. */
function foldedRows(engines: readonly Engine[], now: number): string[] {
  const instances = new Map<string, Engine[]>();
  for (const engine of engines) {
    const instance = engine[0].replace(/-\d+$/, "");
    instances.set(instance, [...(instances.get(instance) ?? []), engine]);
  }
  const groups = new Map<string, Engine[]>();
  for (const [instance, members] of instances) {
    const key = `${instance.split("-")[0]} ${condition(members)}`;
    groups.set(key, [...(groups.get(key) ?? []), ...members]);
  }
  const shown = naming(engines.map(([id]) => id));
  return table(
    [...groups.values()].map((group) => [folded(group.map(([id]) => shown(id))), summary(group, shown, now)]),
    3,
  );
}

function condition(members: readonly Engine[]): string {
  const states = new Set(members.map(([, { state }]) => state));
  for (const word of ["died", "unknown", "stopped"] as const) if (states.has(word)) return word;
  return states.size === 1 ? [...states].join() : "mixed";
}

const ORDER = ["ready", "loading", "starting", "waiting", "stopped", "died", "unknown", "absent"] as const;

function summary(group: readonly Engine[], shown: (id: string) => string, now: number): string {
  return ORDER.flatMap((word) => {
    const of = group.filter(([, { state }]) => state === word);
    if (of.length === 0) return [];
    if (word === "starting")
      return [
        `${of.length} starting, no HTTP yet; oldest ${duration((now - Math.min(...of.map(([, { since }]) => since))) / 1000)}`,
      ];
    if (word === "loading") return [`${of.length} loading${together(of, shown)}`];
    return [`${of.length} ${word}`];
  }).join(" · ");
}

/** `, graphs 9-31 of 35; last is decode-4-11 on n228`: how far they are, and who is least far. */
function together(engines: readonly Engine[], shown: (id: string) => string): string {
  const marks = engines.flatMap(([id, { progress, node }]) => {
    const match = progress === undefined ? null : /^(.*?)(\d+)( of \d+.*)$/.exec(progress);
    return match === null
      ? []
      : [{ id, node, before: match[1] ?? "", number: Number(match[2]), after: match[3] ?? "" }];
  });
  const kind = marks.find(({ before, after }) => /shards/.test(before + after)) ?? marks[0]; // weights come before graphs
  if (kind === undefined) return "";
  const same = marks
    .filter(({ before, after }) => before === kind.before && after === kind.after)
    .sort((a, b) => a.number - b.number);
  const [least, most] = [same[0], same.at(-1)];
  if (least === undefined || most === undefined) return "";
  const span = least.number === most.number ? `${least.number}` : `${least.number}-${most.number}`;
  const last = engines.length > 1 ? `; last is ${shown(least.id)} on ${least.node}` : "";
  return `, ${kind.before}${span}${kind.after}${last}`;
}
