import { describe, expect, it } from "vitest";
import { type Flag, formsOf, history, refusal, releaseOf, releases } from "../../src/engines/index.ts";
import { jsonError } from "../../src/engines/json-error.ts";
import { words } from "../../src/engines/words.ts";
import { parseArgv } from "../../src/sim/start/argv.ts";
import type { ArgValue } from "../../src/topology/topology.ts";

/** A value that a flag takes, and one that it refuses; the stand-in's parser is not pdctl's, and has to agree. */
function samples({ kind, choices, words: many, repeats, negatives }: Flag): { right: ArgValue; wrong?: ArgValue } {
  const listed = (word: string): ArgValue => (many === "+" || many === "*" || repeats ? [word, word] : word);
  const [choice] = choices ?? [];
  if (choice !== undefined) return { right: listed(choice), wrong: listed("no-such-choice") };
  switch (kind) {
    case "switch":
      return { right: true, wrong: "true" };
    case "negatable":
      return { right: !negatives?.some((each) => each.startsWith("--no-")), wrong: "yes" };
    case "int":
      return { right: listed("12"), wrong: listed("1.5") };
    case "float":
      return { right: listed("0.5"), wrong: listed("half") };
    case "size":
    case "size-or-auto":
      return { right: "16k", wrong: "1.5K" };
    case "json":
      return { right: many ? ['{"a":1}'] : { json: { a: 1 } }, wrong: listed("{a: 1}") };
    case "object":
      return { right: { json: {} }, wrong: "{'a': 1}" };
    case "text-or-object":
      return { right: { json: { a: 1 } }, wrong: "{a}" };
    case "commas":
      return { right: ["0", "1"] };
    default:
      return { right: listed("word") };
  }
}

const took = (release: string, name: string, value: ArgValue): unknown => {
  try {
    return parseArgv(["m", ...words(name, value)], release).has(name);
  } catch (error) {
    return error;
  }
};

/** Read further than by their shape, in vLLM and in the stand-in: a KV config of any shape would do as a sample here, but is no config. */
const OTHER = ["help", "kv-transfer-config", "ec-transfer-config", "kv-events-config", "model"];

describe("what is written for an engine is what its release takes", () => {
  it.each([...releases])("vLLM %s, each of its flags", (release) => {
    const names = [...history.keys()].filter((name) => !OTHER.includes(name) && formsOf(name, release).length > 0);
    expect(names.length).toBeGreaterThan(150);
    for (const name of names)
      for (const form of formsOf(name, release)) {
        const { right, wrong } = samples(form);
        expect(refusal(name, form, right), `${name} ${JSON.stringify(right)}`).toBeUndefined();
        expect(took(release, name, right), `${name} ${JSON.stringify(right)}`).toBe(true);
        if (wrong === undefined) continue;
        expect(refusal(name, form, wrong), `${name} ${JSON.stringify(wrong)}`).toBeDefined();
        expect(took(release, name, wrong), `${name} ${JSON.stringify(wrong)}`).toBeInstanceOf(Error);
      }
  });

  it("a release between those of the table has the flags of its minor; one that is outside of it is not guessed", () => {
    expect(["0.11.1", "0.28.3", "v0.33.0+cpu", "0.27.0", "0.10.0"].map(releaseOf)).toEqual([
      "0.11.0",
      "0.28.0",
      "0.33.0",
      "0.27.1",
      "0.10.2",
    ]);
    expect([undefined, "0.9.2", "0.34.0", "main"].map(releaseOf)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("a text that should be JSON", () => {
  it.each([
    ["{", 1],
    ['{"a": 1,}', 8],
    ["{'a': 1}", 1],
    ['{"a" 1}', 5],
    ['{"a": tru}', 6],
    ["[1, 2", 5],
    ['{"a": 1} x', 9],
    ["", 0],
    ['"tab\t"', 0],
  ])("%s stops being JSON where the user looks", (text, at) => {
    expect(jsonError(text)?.at).toBe(at);
    expect(() => JSON.parse(text)).toThrow();
  });

  it.each(["{}", '{"a": [1, -2.5e3, null, true, "\\u00e9"], "b": {"c": ""}}', " [ ] ", "1", '"x"'])(
    "%s is JSON",
    (text) => {
      expect(jsonError(text)).toBeUndefined();
      expect(JSON.parse(text)).toBeDefined();
    },
  );
});
