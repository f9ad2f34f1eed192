import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Case, Section, Stage } from "./case.ts";
import type { Launcher } from "./launcher.ts";
import { type Difference, differences, type Seen } from "./seen.ts";

const directory = join(import.meta.dirname, "fixtures");

/** What was seen of the real engine, by case. */
export interface Fixture {
  readonly engine: string;
  readonly recorded_by: string;
  readonly cases: { readonly [name: string]: Seen };
}

export const fixtureOf = (section: string): Fixture => {
  const file = join(directory, `${section}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { engine: "", recorded_by: "", cases: {} };
};

export interface Row {
  readonly section: string;
  readonly name: string;
  readonly real: Seen;
  readonly differences: readonly Difference[];
}

/** What is to be done with what is seen. */
export type Holding = (section: Section<never>, one: Case<never>, seen: Seen) => void;

/** One start of this launcher's engines, and every case of the stage as a test. */
export function hold<World>(
  stage: Stage<World>,
  launcher: () => Launcher,
  held: (section: string, one: Case<World>, seen: Seen) => void,
): void {
  describe.sequential(stage.name, () => {
    let world: (World & AsyncDisposable) | undefined;
    beforeAll(async () => {
      world = await stage.start(launcher());
    }, 900_000);
    afterAll(async () => {
      await world?.[Symbol.asyncDispose]();
    });
    for (const { name, title, cases } of stage.sections)
      describe.sequential(title, () => {
        it.each(cases.map((one) => [one.name, one] as const))(
          "%s",
          async (_, one) => {
            if (world === undefined) throw new Error("the engines did not start");
            const seen: Seen = JSON.parse(JSON.stringify(await one.act(world)));
            held(name, one, seen);
          },
          300_000,
        );
      });
  });
}

/** The real engine says what it said when it was recorded. */
export function asRecorded(section: string, one: Case<never>, seen: Seen): void {
  expect(seen, `as in fixtures/${section}.json; npm run record:contract writes it anew`).toEqual(
    fixtureOf(section).cases[one.name],
  );
}

/** Keeps what is seen, and writes a section's file anew with what was seen of it. */
export function recorder(engine: string): (section: string, one: Case<never>, seen: Seen) => void {
  return (section, one, seen) => {
    const before = fixtureOf(section).cases;
    const fixture: Fixture = { engine, recorded_by: "npm run record:contract", cases: { ...before, [one.name]: seen } };
    writeFileSync(join(directory, `${section}.json`), `${JSON.stringify(fixture, null, 1)}\n`);
  };
}

/** The differences between the real engine, as recorded, and the stand-in; those that are not declared, and those that are declared in vain. */
export function compared(
  section: string,
  one: Case<never>,
  standIn: Seen,
): { readonly row: Row; readonly wrong: readonly unknown[] } {
  const recorded = fixtureOf(section).cases;
  if (!(one.name in recorded)) throw new Error(`not in fixtures/${section}.json: npm run record:contract`);
  const real = recorded[one.name];
  const found = differences(real, standIn);
  const declared = one.differs ?? [];
  const covers = (at: string) => (difference: Difference) =>
    at === "" || difference.at === at || difference.at.startsWith(`${at}.`) || difference.at.startsWith(`${at}_`);
  const undeclared = found.filter((difference) => !declared.some(({ at }) => covers(at)(difference)));
  const inVain = declared.filter(({ at }) => !found.some(covers(at))).map((one) => ({ declaredInVain: one }));
  return { row: { section, name: one.name, real, differences: found }, wrong: [...undeclared, ...inVain] };
}
