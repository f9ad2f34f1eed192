import { readFileSync } from "node:fs";
import { type Loaded, loadTopology } from "../../src/topology/index.ts";
import type { Diagnostic } from "../../src/topology/rule.ts";

interface Some {
  readonly set?: readonly string[];
  readonly hosts?: readonly string[];
  /** The launcher's environment. */
  readonly env?: Readonly<Record<string, string>>;
}
const NO_OVERRIDES = { set: [], hosts: [] };

/** Reads from the disk; what is not there is undefined, as `loadTopology` wants it. */
export function fromDisk(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

export const loadFile = (file: string, { env = {}, ...overrides }: Some = {}): Loaded =>
  loadTopology({ file, read: fromDisk, env }, { ...NO_OVERRIDES, ...overrides });

/** Texts by name; the first is the one that is loaded. */
export function loadTexts(
  texts: Readonly<Record<string, string | Uint8Array>>,
  { env = {}, ...overrides }: Some = {},
): Loaded {
  const [file = ""] = Object.keys(texts);
  const read = (path: string) => {
    const text = Object.hasOwn(texts, path) ? texts[path] : undefined;
    return typeof text === "string" ? Buffer.from(text) : text;
  };
  return loadTopology({ file, read, env }, { ...NO_OVERRIDES, ...overrides });
}

/** A small topology on two nodes, to be overridden by what a test is about. */
export const BASE = `
version: 1
name: base
model: org/model
nodes: [{ name: "n[0-1]", host: "10.0.0.[1-2]", hardware: cuda, devices: 8 }]
kv: { transfer: { connector: nixl } }
prefill: { nodes: [n0], port: 8100 }
decode: { nodes: [n1], port: 8200 }
proxy: { node: n0, port: 8000 }
`;

export const loadOver = (text: string, overrides: Some = {}): Loaded =>
  loadTexts({ "t.yaml": `extends: base.yaml\n${text}`, "base.yaml": BASE }, overrides);

/** One line per diagnostic: place, code, title, caret, what to do. */
export const spoken = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics
    .map(({ file, line, column, length, code, level, title, caret, remedy, also }) =>
      [
        `${file}:${line}:${column} ${code} ${level} ${title}`,
        `  ${"^".repeat(Math.min(length, 60))}${caret === undefined ? "" : ` ${caret}`}`,
        ...also.map((text) => `  also ${text}`),
        ...remedy.map((text) => `  do ${text}`),
      ].join("\n"),
    )
    .map((text) => `${text}\n`)
    .join("");
