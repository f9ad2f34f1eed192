import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument, visit } from "yaml";
import { type Loaded, loadTopology } from "../../src/topology/index.ts";
import { loadTexts } from "./loading.ts";

const reference = readFileSync(fileURLToPath(new URL("../../topologies/reference.yaml", import.meta.url)), "utf8");

const HOSTILE = [
  "",
  "a\0b",
  "a\nb",
  "'\"`$(id)\\",
  "__proto__",
  "constructor",
  "toString",
  "\uD800",
  "\u202Eabc",
  "\u001B[31m",
  "x".repeat(70_000),
  "-oProxyCommand=touch /x",
  "n[0-9",
  "[0-99999999]",
  "../../../etc/passwd",
  "null",
  "\uE000[1]\uE001",
  "ünïcode 文字",
] as const;

const EVERY = 8; // each value meets every eighth of the texts

/** Diagnostics with a place inside their text, whatever was loaded; and nothing leaked into the language. */
function staysCalm(text: string | Uint8Array): Loaded {
  return checked(loadTexts({ "t.yaml": text }));
}

function checked(loaded: Loaded): Loaded {
  for (const { line, column, length, title, remedy } of loaded.diagnostics) {
    expect(Math.min(line, column, length)).toBeGreaterThan(0);
    expect(`${title}${remedy.join("")}`).not.toMatch(/[\0\n\u001B]|undefined|\[object/);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  return loaded;
}

describe("hostile input is an error with a place, never a stack", () => {
  const leaves = leafRanges();
  it.each(HOSTILE.map((text, i) => [JSON.stringify(text.slice(0, 20)), text, i] as const))(
    "%s in every text of a topology",
    (_, text, i) => {
      for (const [leaf, range] of leaves.entries()) if (leaf % EVERY === i % EVERY) staysCalm(withLeaf(range, text));
    },
  );

  it("as a key of any map", () => {
    const firstKeys = [
      /^()version: 1.*$/m,
      /^( {2})kind: vllm.*$/m,
      /^( {4})block-size.*$/m,
      /^( {4})HF_HOME.*$/m,
      /^( {4})connector: nixl.*$/m,
      /^( {4})host: .*$/m,
    ];
    for (const key of HOSTILE) for (const line of firstKeys) staysCalm(withKey(line, key));
    for (const line of firstKeys) expect(withKey(line, "x")).not.toBe(reference);
  });

  it("as an override, and as the file that is extended", () => {
    const read = (path: string) => (path === "t.yaml" ? Buffer.from(reference) : undefined);
    for (const text of HOSTILE) {
      for (const set of [
        text,
        `${text}=1`,
        `engine.port=${text}`,
        `engine.args.${text}=${text}`,
        `engine.env.${JSON.stringify(text)}=${text}`,
      ]) {
        checked(loadTopology({ file: "t.yaml", read }, { set: [set], hosts: [] }));
      }
      checked(loadTopology({ file: "t.yaml", read }, { set: [], hosts: [text] }));
      staysCalm(`extends: ${JSON.stringify(text)}\n`);
    }
  });

  it("any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void staysCalm(bytes)));
  });

  it("any soup of YAML's signs", () => {
    const sign = fc.constantFrom(
      "a",
      ":",
      " ",
      "-",
      "[",
      "]",
      "{",
      "}",
      ",",
      "\n",
      "  ",
      "&x",
      "*x",
      "<<",
      "!",
      "|",
      ">",
      '"',
      "'",
      "#",
      "?",
      "%",
      "\t",
      "null",
      "~",
      "...",
      "---",
      "engine",
      "nodes",
      "1.5",
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 60 }), (signs) => void staysCalm(signs.join(""))),
      { numRuns: 400 },
    );
  });

  it("a reference topology with a piece cut out", () => {
    fc.assert(
      fc.property(
        fc.nat(reference.length),
        fc.nat(200),
        (start, length) => void staysCalm(reference.slice(0, start) + reference.slice(start + length)),
      ),
      { numRuns: 60 },
    );
  });
});

describe("what would take minutes is refused at once", () => {
  it.each([
    ["brackets", "[".repeat(1_000_000)],
    ["braces", "{a: ".repeat(250_000)],
    ["dashes", "- ".repeat(500_000)],
    ["question marks", "? ".repeat(300_000)],
    ["anchors", "&a ".repeat(300_000)],
    ["colons", ": ".repeat(300_000)],
    ["more than a MiB", `name: x\n${"# filler\n".repeat(150_000)}`],
  ])("%s", (_, text) => {
    const { diagnostics, topology } = staysCalm(text);
    expect(diagnostics.map(({ code }) => code)).toEqual(["limits"]);
    expect(topology).toBeUndefined();
  });

  it("5,000 lines load in less than a second", () => {
    const nodes = Array.from(
      { length: 400 },
      (_, i) =>
        `  - name: n${i}\n    host: 10.0.${Math.floor(i / 200)}.${(i % 200) + 1}\n    hardware: cuda\n    devices: 8\n    env: { RACK: r${i} }`,
    );
    const env = Array.from({ length: 2900 }, (_, i) => `    VARIABLE_${i}: value ${i}   # a comment`);
    const tail =
      'kv: { transfer: { connector: nixl } }\nprefill: { nodes: "n[0-1]", instances: 2, port: 8100 }\ndecode: { nodes: "n[2-3]", instances: 2, port: 8200 }\nproxy: { node: n0 }\n';
    const text = `version: 1\nname: big\nmodel: a/b\nnodes:\n${nodes.join("\n")}\nengine:\n  env:\n${env.join("\n")}\n${tail}${"# rest\n".repeat(200)}`;
    expect(text.split("\n").length).toBeGreaterThan(5000);
    const before = process.cpuUsage();
    const { topology } = staysCalm(text);
    const { user, system } = process.cpuUsage(before);
    expect(topology?.nodes).toHaveLength(400);
    expect((user + system) / 1e6).toBeLessThan(1.5); // CPU seconds: wall time would measure the neighbours; half a second is theirs
  });
});

/** Where each value of the reference topology stands in its text. */
function leafRanges(): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  visit(parseDocument(reference), {
    Scalar(key, { range }) {
      if (key !== "key" && range) ranges.push([range[0], range[1]]);
    },
  });
  return ranges;
}

const withLeaf = ([start, end]: readonly [number, number], text: string): string =>
  `${reference.slice(0, start)}${JSON.stringify(text)}${reference.slice(start, end).endsWith("\n") ? "\n" : ""}${reference.slice(end)}`;

/** A key more in one of the maps. */
const withKey = (line: RegExp, key: string): string =>
  reference.replace(line, (whole, space: string) => `${whole}\n${space}${JSON.stringify(key)}: 1`);
