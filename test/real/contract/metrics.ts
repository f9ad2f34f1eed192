import { type Seen, sorted } from "./seen.ts";

/** A page of /metrics: values by name with its labels, those that every line has left out. */
export type Page = ReadonlyMap<string, number>;

const line = /^([\w:]+)(?:\{(.*)\})? (\S+)$/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export function pageOf(text: string): Page {
  const page = new Map<string, number>();
  for (const row of text.split("\n")) {
    const [, name = "", labels = "", value = ""] = line.exec(row) ?? [];
    if (name === "") continue;
    const own = [...labels.matchAll(label)].filter(([, key]) => key !== "engine" && key !== "model_name");
    page.set(own.length === 0 ? name : `${name}{${own.map(([whole]) => whole).join(",")}}`, Number(value));
  }
  return page;
}

/** Names with their types, the labels of their lines, and the bounds of buckets. */
export function familiesOf(text: string): Seen {
  const families: Record<string, { type: string; lines: Record<string, string[]> }> = {};
  let current = "";
  for (const row of text.split("\n")) {
    const [, declared, type] = /^# TYPE (\S+) (\S+)$/.exec(row) ?? [];
    if (declared !== undefined && type !== undefined) {
      current = declared;
      families[current] = { type, lines: {} };
    }
    const [, name = "", labels = ""] = line.exec(row) ?? [];
    const family = families[current];
    if (name === "" || family === undefined) continue;
    const shown = [...labels.matchAll(label)].map(([, key = "", value = ""]) =>
      open.has(key) ? key : `${key}=${value}`,
    );
    const suffix = name.slice(current.length);
    family.lines[suffix] = [...(family.lines[suffix] ?? []), sorted(shown).join(" ")];
  }
  return Object.fromEntries(
    Object.entries(families).map(([name, { type, lines }]) => [
      name,
      { type, ...Object.fromEntries(Object.entries(lines).map(([suffix, rows]) => [suffix || "value", rows])) },
    ]),
  );
}

/** Labels whose values are this run's. */
const open = new Set(["model_name", "version", "implementation", "major", "minor", "patchlevel", "generation"]);

/** How far each value of the engine moved, buckets and birth dates left out. */
export function movement(before: Page, after: Page): ReadonlyMap<string, number> {
  const moved = new Map<string, number>();
  for (const [name, value] of after) {
    if (!name.startsWith("vllm:") || /_bucket|_created/.test(name)) continue;
    const by = value - (before.get(name) ?? 0);
    if (by !== 0) moved.set(name, by);
  }
  return moved;
}

/** What one block costs on the wire differs with the model's size; so it is measured once. */
export interface Unit {
  readonly blockBytes: number;
}

/** Reads that came after the lease. */
export const LATE = "vllm:nixl_num_notifications_after_expiry_total";

/** Times are "some", bytes are blocks, levels go up or down, counts stay as they are. */
export function moved(movement: ReadonlyMap<string, number>, unit: Unit): Seen {
  return Object.fromEntries(
    [...movement]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, by]): [string, Seen][] => {
        if (/_seconds_sum$/.test(name)) return []; // may be nothing: a clock has its grain
        if (name === "vllm:nixl_bytes_transferred_sum") return [[name, `${by / unit.blockBytes} blocks`]];
        if (name === "vllm:nixl_num_descriptors_sum") return [[name, "some"]]; // neighbouring blocks are one
        if (name === "vllm:nixl_num_failed_transfers_total") return [[name, "some"]]; // heartbeats try to meet the peer, too
        if (name === LATE) return []; // published with whatever step comes next, so it may be an earlier act's
        if (name === "vllm:kv_cache_usage_perc") return [[name, by > 0 ? "up" : "down"]];
        return [[name, by]];
      }),
  );
}
