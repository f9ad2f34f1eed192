import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { AnyRule } from "../src/topology/rule.ts";
import { shown, told } from "./told.ts";

const update = process.env.UPDATE_GOLDEN === "1"; // the only way that an expected text changes

export interface Place {
  /** The test file's own URL; fixtures are in folders beside it, one per rule. */
  readonly beside: string;
  // biome-ignore lint/suspicious/noExplicitAny: rules of any stage; only their ids matter here
  readonly rules: readonly AnyRule<any>[];
  /** Codes of the loader that have fixtures here too. */
  readonly alsoCodes?: readonly string[];
  /** Rules that no topology can break: they are shown broken plans or values in a test of their own, and why. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

/**
 * Runs every fixture of a place: `CASE.yaml`, what the nodes say in `CASE.facts.json` and the model's own config in `CASE.model.json`
 * where there are such, and `CASE.expected`, what the user is told. And demands that each rule is seen speaking and seen silent. */
export function ruleFixtures({ beside, rules, alsoCodes = [], elsewhere = {} }: Place): void {
  const home = fileURLToPath(new URL(".", beside));
  const codes = [...new Set([...rules.map(({ id }) => id), ...alsoCodes])].sort((a, b) => a.localeCompare(b));
  const loud = new Set(rules.filter(({ level }) => level !== "note").map(({ id }) => id));
  const noted = new Set(codes.filter((code) => !loud.has(code) && !alsoCodes.includes(code))); // else notes are nobody's business here
  const folders = readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it("a folder stands for a rule that exists", () => {
    expect(folders.filter((name) => !codes.includes(name))).toEqual([]);
  });
  describe.each(codes.filter((code) => elsewhere[code] === undefined))("%s", (code) => {
    const names = folders.includes(code)
      ? readdirSync(`${home}${code}`)
          .filter((name) => name.endsWith(".yaml"))
          .map((name) => name.replace(/\.yaml$/, ""))
      : [];
    it.each(names)("%s", (name) => {
      const file = `${home}${code}/${name}`;
      const beside = (kind: string) => (existsSync(`${file}.${kind}.json`) ? `${file}.${kind}.json` : undefined);
      const [facts, model] = [beside("facts"), beside("model")];
      const ask = { notes: noted.has(code), ...(facts && { facts }), ...(model && { model }) };
      const text = told(`${file}.yaml`, ask).map(shown).join("\n");
      if (update) writeFileSync(`${file}.expected`, text);
      expect(text).toBe(readFileSync(`${file}.expected`, "utf8"));
    });
    it("is seen speaking and seen silent", () => {
      const expected = names.map((name) => readFileSync(`${home}${code}/${name}.expected`, "utf8"));
      expect(
        expected.some((text) => new RegExp(`^\\S+  ${code}  `, "m").test(text)),
        "speaking",
      ).toBe(true);
      expect(expected.includes(""), "silent").toBe(true);
    });
  });
}
