import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { connectors } from "../../src/connectors/index.ts";
import { shape } from "../../src/topology/index.ts";
import { allKeys } from "../../src/topology/validate/shape-keys.ts";
import { fromDisk, loadFile, loadTexts, spoken } from "./loading.ts";
import { alternatives, enable } from "./reference-alternatives.ts";

const FOLDER = fileURLToPath(new URL("../../topologies/", import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
const reference = readFileSync(join(FOLDER, "reference.yaml"), "utf8");

describe("a correct topology loads without a word", () => {
  it.each(files)("%s", (name) => {
    const { diagnostics, topology } = loadFile(join(FOLDER, name));
    expect(spoken(diagnostics)).toBe("");
    expect(topology?.instances.length).toBeGreaterThan(1);
  });

  it("the same file gives the same value", () => {
    const path = join(FOLDER, "ascend-moe-mooncake.yaml");
    expect(JSON.stringify(loadFile(path).topology)).toBe(JSON.stringify(loadFile(path).topology));
  });
});

describe("reference.yaml", () => {
  it.each(alternatives(reference).map((kind) => [kind.name, kind] as const))(
    "the alternative %s loads without a word",
    (_, kind) => {
      const text = enable(reference, kind);
      expect(text).not.toBe(reference);
      const local = fromDisk(join(FOLDER, "local.yaml")) ?? "";
      const { diagnostics, topology } = loadTexts({
        "reference.yaml": text,
        "local.yaml": local,
        "inventory.ini": "[gpus]\n10.0.0.1[0:3]\n",
      });
      expect(spoken(diagnostics)).toBe("");
      expect(topology).toBeDefined();
    },
  );

  it("shows every key that there is", () => {
    const texts = [reference, ...alternatives(reference).map((kind) => enable(reference, kind))];
    const shown = new Set(texts.flatMap((text) => writtenKeys(parse(text, { merge: true }))));
    expect([...new Set(allKeys(shape).flatMap(home))].filter((key) => !shown.has(key))).toEqual([]);
  });

  it.each([...connectors.values()])("shows every key of the connector $name", ({ name, fields }) => {
    const texts = [reference, ...alternatives(reference).map((kind) => enable(reference, kind))];
    const uses = texts
      .flatMap((text) => Object.values(parse(text).kv))
      .filter((use) => isRecord(use) && use["connector"] === name);
    const shown = new Set(uses.flatMap((use) => keysOf(use)));
    expect(allKeys(fields).filter((key) => !shown.has(key))).toEqual([]);
  });
});

/** Engine keys are shown once, under engine; keys that only roles or instances have, under either role. */
function home(key: string): readonly string[] {
  const own = key.replace(/^(prefill|decode)\.(instances\[\]\.)?/, "role.");
  const [first = "", second = "", ...rest] = own.split(".");
  if (first === "nodes[]" && second === "ssh" && rest.length > 0) return [["ssh", ...rest].join(".")];
  return first === "role" && engineKeys.has(second) ? [["engine", second, ...rest].join(".")] : [own];
}
const engineKeys = new Set(
  allKeys(shape).flatMap((key) => (key.startsWith("engine.") ? [key.split(".")[1] ?? ""] : [])),
);

const writtenKeys = (topology: unknown): readonly string[] =>
  keysOf(topology).map((key) => key.replace(/^(prefill|decode)\.(instances\[\]\.)?/, "role."));

function keysOf(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOf(item, `${path}[]`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const dotted = path === "" ? key : `${path}.${key}`;
    return [dotted, ...keysOf(inner, dotted)];
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
