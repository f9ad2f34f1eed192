import { expect, it } from "vitest";
import { planRules } from "../../../../src/connectors/ucm/rules.ts";
import { madeFrom, says } from "../../../told.ts";

const u13 = planRules.find(({ id }) => id === "U13");
const made = madeFrom("ucm-1p1d");

it("U13: a smoke prompt that fills no block is spoken of, a longer one is not", () => {
  const withWords = (promptWords: number) => ({
    ...made,
    plan: { ...made.plan, smoke: { ...made.plan.smoke, promptWords } },
  });
  expect(says(u13, withWords(127))).toEqual([
    "warning: a smoke prompt of 127 words may fill no block of 128 tokens, so nothing would be stored",
  ]);
  expect(says(u13, withWords(128))).toEqual([]);
  expect(says(u13, made)).toEqual([]);
});
