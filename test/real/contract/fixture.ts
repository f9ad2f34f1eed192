import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Seen } from "./seen.ts";

const directory = join(import.meta.dirname, "fixtures");

/** What was seen of the real engine in a section, by case. */
export interface Fixture {
  readonly engine: string;
  readonly recorded_by: string;
  readonly cases: { readonly [name: string]: Seen };
}

const none: Fixture = { engine: "", recorded_by: "", cases: {} };

export const fixtureOf = (section: string): Fixture =>
  existsSync(fileOf(section)) ? JSON.parse(readFileSync(fileOf(section), "utf8")) : none;

/** Keeps what was seen in one case; cases that are not there any more go. */
export function keep(section: string, names: readonly string[], name: string, seen: Seen, engine: string): void {
  const { cases } = fixtureOf(section);
  const kept = names
    .filter((one) => one === name || one in cases)
    .map((one) => [one, one === name ? seen : cases[one]]);
  const fixture: Fixture = { engine, recorded_by: "npm run record:contract", cases: Object.fromEntries(kept) };
  const written = `${fileOf(section)}.${process.pid}`;
  writeFileSync(written, `${JSON.stringify(fixture, null, 1)}\n`);
  renameSync(written, fileOf(section)); // never half of it
}

const fileOf = (section: string) => join(directory, `${section}.json`);
