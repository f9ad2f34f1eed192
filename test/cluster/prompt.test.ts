import { expect, it } from "vitest";
import { uniquePrompt } from "../../src/cluster/smoke/prompt.ts";
import { differsAt } from "../../src/cluster/smoke/prove.ts";

it("no two prompts of a proof share a cached block: all words differ, and the order is new each time", () => {
  const [one, other] = [uniquePrompt(600).split(" "), uniquePrompt(600).split(" ")];
  expect(new Set(one).size).toBe(600);
  expect(one.slice(0, 16)).not.toEqual(other.slice(0, 16));
});

it("an answer that differs from decode's own is found at its first other word", () => {
  expect(differsAt("a b c", "a b c")).toBeUndefined();
  expect(differsAt(" a b c", "a b d")).toBe(2);
  expect(differsAt("x b c", "a b c")).toBe(0);
  expect(differsAt("a b", "a b c")).toBe(2);
});
