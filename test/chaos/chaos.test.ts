import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { labDirectory } from "../hosts/spec.ts";
import { type Case, onStage, type Stage } from "./case.ts";
import { Dice } from "./dice.ts";
import { engineCases } from "./engines-that.ts";
import { interruptions } from "./interruptions.ts";
import { loginCases } from "./logins-where.ts";
import { placeCases } from "./places-where.ts";
import { isDown, noSecretIsWritten, runningItAgainConverges, statusTellsTheTruth } from "./promises.ts";

// PDCTL_CHAOS=all: every case, in the order of the seed. Unset: the few that `npm test` has time for, always the same.
// PDCTL_CHAOS_SEED repeats a run; `-t NAME` one case of it. PDCTL_CHAOS_LANE=1/4: every fourth case.
const all = process.env["PDCTL_CHAOS"] === "all";
const seed = Number(process.env["PDCTL_CHAOS_SEED"] ?? 1);
const [lane = 1, lanes = 1] = (process.env["PDCTL_CHAOS_LANE"] ?? "1/1").split("/").map(Number);

interface Played {
  readonly one: Case;
  readonly verb: "up" | "down";
}

const cases: readonly Played[] = [
  ...interruptions,
  ...[...engineCases, ...loginCases, ...placeCases].map((one) => ({ one, verb: "up" as const })),
];

const FEW = [
  "SIGKILL of the launcher, when up begins engines",
  "SIGHUP, when up begins side",
  "connections to decode's node reset, when up begins proxy",
  "an engine killed together with its wrapper: nobody is left to see how it ended",
  "a full disk under decode's state",
];

const mine = cases.filter((_, index) => index % lanes === lane - 1); // neighbours take alike long: every lane gets its share
const order = new Dice(seed).shuffled(mine);
const chosen = all ? order : cases.filter(({ one }) => FEW.includes(one.name));

it("every case stands in the README", () => {
  const told = new Set(
    [...readFileSync(join(import.meta.dirname, "README.md"), "utf8").matchAll(/`([^`\n]+)`/g)].map(([, name]) => name),
  );
  expect(
    cases.map(({ one }) => one.name.replace(/, when (up|down) begins \w+$/, "")).filter((name) => !told.has(name)),
  ).toEqual([]);
});

/** After each: status tells the truth, the verb again converges, down leaves nothing, and no secret is written anywhere. */
describe(`chaos, seed ${seed}`, () => {
  for (const { one, verb } of chosen)
    it(`${one.name}${one.simulated === undefined ? "" : ` (${one.simulated})`}`, { timeout: 300_000 }, async ({
      skip,
    }) => {
      const lacks = one.lacks?.();
      skip(lacks !== undefined, lacks);
      await onStage(one, new Dice(seed ^ hash(one.name)), async (stage) => {
        try {
          await one.play(stage);
          await statusTellsTheTruth(stage);
          noSecretIsWritten(stage);
          await runningItAgainConverges(stage, verb);
          noSecretIsWritten(stage);
          if (verb === "up") await isDown(stage);
          await one.after?.(stage);
          expect(stage.leftovers()).toEqual([]);
          noSecretIsWritten(stage);
        } catch (error) {
          console.error(evidence(stage));
          throw error;
        }
      });
    });
});

/** What the hosts looked like when a case failed: nobody can look later. */
function evidence({ lab }: Stage): string {
  return lab.hosts
    .map((host) => {
      if (!existsSync(join(labDirectory, host.name, "init"))) return `${host.name} is off`;
      const running = host
        .processes()
        .map(({ pid, state, mark = "-", argv }) => `${pid} ${state} ${mark} ${argv.join(" ").slice(0, 120)}`);
      return [host.name, ...running, ...host.sshdLog().trimEnd().split("\n").slice(-20)].join("\n  ");
    })
    .join("\n");
}

function hash(text: string): number {
  let sum = 0;
  for (const char of text) sum = Math.imul(sum, 31) + (char.codePointAt(0) ?? 0);
  return sum >>> 0;
}
