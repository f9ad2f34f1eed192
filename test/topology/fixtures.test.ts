import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loaderRules, namedCodes } from "../../src/topology/index.ts";
import { loadFile, spoken } from "./loading.ts";

// A case is NAME.yaml and NAME.expected, the diagnostics as a reader meets them. Options of pdctl stand behind "#!" in the
// first line. After a wanted change of wording: UPDATE_EXPECTED=1 writes the .expected files anew, to be read before a commit.
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "fixtures");
const cases = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".expected"));

describe("every error at once, in file order, with its place and what to write", () => {
  it.each(cases)("%s", (name) => {
    const expected = join(ROOT, name);
    const file = expected.replace(/\.expected$/, ".yaml");
    const said = sayAbout(file);
    if (process.env["UPDATE_EXPECTED"] === "1") writeFileSync(expected, said);
    expect(said).toBe(readFileSync(expected, "utf8"));
  });

  it("has a case for every topology in the folder", () => {
    const named = new Set(cases.map((name) => name.replace(/\.expected$/, "")));
    const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yaml"));
    expect(
      files.map((name) => name.replace(/\.yaml$/, "")).filter((name) => !named.has(name) && name !== "base"),
    ).toEqual([]);
  });

  it("shows every code of the loader's own at least once", () => {
    const all = cases.map((name) => readFileSync(join(ROOT, name), "utf8")).join("");
    const silent = [...Object.keys(namedCodes), ...Object.keys(loaderRules)].filter(
      (code) => !all.includes(` ${code} error `),
    );
    expect(silent).toEqual([]);
  });
});

function sayAbout(file: string): string {
  const { diagnostics, topology } = loadFile(file, optionsOf(file));
  expect(topology === undefined).toBe(diagnostics.some(({ level }) => level === "error"));
  return spoken(
    diagnostics.map((diagnostic) => ({
      ...diagnostic,
      file: diagnostic.file.startsWith("--") ? diagnostic.file : relative(dirname(file), diagnostic.file),
    })),
  )
    .replaceAll(`${dirname(file)}/`, "")
    .replaceAll(`${ROOT}/`, "");
}

function optionsOf(file: string): { set: string[]; hosts: string[]; env: Record<string, string> } {
  const [first = ""] = readFileSync(file, "utf8").split("\n");
  const words = first.startsWith("#!") ? first.slice(2).trim().split(/\s+/) : [];
  const after = (option: string) => words.filter((_, i) => words[i - 1] === option);
  const env = Object.fromEntries(after("--env").map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  return { set: after("--set"), hosts: after("--hosts"), env };
}
