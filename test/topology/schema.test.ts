import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { shape } from "../../src/topology/index.ts";
import { topologyPage, topologySchema } from "../../src/topology/schema/index.ts";
import { homeOfKey, texts } from "../../src/topology/schema/texts.ts";
import { allKeys } from "../../src/topology/validate/shape-keys.ts";
import { fromDisk, loadTexts, spoken } from "./loading.ts";
import { alternatives, enable } from "./reference-alternatives.ts";
import { breaks } from "./schema-check.ts";

const root = new URL("../../", import.meta.url);
const text = (path: string) => readFileSync(new URL(path, root), "utf8");
const schema = topologySchema();

describe("the schema that editors get", () => {
  const examples = readdirSync(new URL("topologies/", root)).filter((name) => name.endsWith(".yaml"));
  it.each(examples)("takes %s", (name) => {
    expect(breaks(schema, parse(text(`topologies/${name}`), { merge: true }))).toEqual([]);
  });

  it("takes every alternative of the reference", () => {
    const reference = text("topologies/reference.yaml");
    for (const kind of alternatives(reference))
      expect(breaks(schema, parse(enable(reference, kind), { merge: true })), kind.name).toEqual([]);
  });

  it.each([
    ["engine: { parallel: { tp: x } }", /parallel\.tp is no integer/],
    ["engine: { prot: 1 }", /engine knows no prot/],
    ["kv: { transfer: { connector: nixl, side_channel_port: no } }", /side_channel_port is no integer/],
    ["kv: { transfer: { connector: nixel } }", /connector is none of nixl/],
    ["nodes: [{ hardware: 3 }]", /nodes\[0\]\.hardware is no string/],
    ["proxy: { kind: mine }", /proxy\.kind is none of/],
  ])("refuses %s", (yaml, why) => {
    expect(breaks(schema, parse(`extends: base.yaml\n${yaml}`)).join("\n")).toMatch(why);
  });

  it("asks for what a topology must have, unless it extends one", () => {
    expect(breaks(schema, parse("name: x"))).toContain("$ lacks model");
    expect(breaks(schema, parse("extends: base.yaml"))).toEqual([]);
    expect(
      breaks(
        schema,
        parse("extends: base.yaml\nx-mine: 1\nengine: { parallel: { dp: null, tp: '${env:TP:-4}' }, x-y: 2 }"),
      ),
    ).toEqual([]);
  });

  it("says of every key what it means, and of no key that there is not", () => {
    const keys = new Set(allKeys(shape).map(homeOfKey));
    expect([...keys].filter((key) => texts[key] === undefined)).toEqual([]);
    expect(Object.keys(texts).filter((key) => !keys.has(key))).toEqual([]);
  });
});

// After a change of the shape or of a connector's fields: UPDATE_GOLDEN=1 writes both files anew, as pdctl schema would.
const generated = { "docs/topology.schema.json": `${JSON.stringify(schema)}\n`, "docs/topology.md": topologyPage() };
if (process.env["UPDATE_GOLDEN"] === "1")
  for (const [path, made] of Object.entries(generated)) writeFileSync(new URL(path, root), made);

describe("what is generated is up to date", () => {
  it.each([
    ["docs/topology.schema.json", "pdctl schema > docs/topology.schema.json"],
    ["docs/topology.md", "pdctl schema --markdown > docs/topology.md"],
  ] as const)("%s is what its command prints", (path, command) => {
    expect(text(path) === generated[path], command).toBe(true);
  });
});

describe("every topology in the docs loads without a word", () => {
  const pages = [
    "README.md",
    ...readdirSync(new URL("docs/", root))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
  const blocks = pages.flatMap((page) =>
    [...text(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ({ 1: yaml = "" }, i) => [`${page}, block ${i + 1}`, yaml] as const,
    ),
  );
  it.each(blocks)("%s", (_, yaml) => {
    const local = fromDisk(new URL("topologies/local.yaml", root).pathname) ?? "";
    const { diagnostics, topology } = loadTexts(
      { "cluster.yaml": yaml, "local.yaml": local },
      { env: { SLURM_JOB_NODELIST: "gpu[07-08]" } },
    );
    expect(spoken(diagnostics)).toBe("");
    expect(topology).toBeDefined();
    expect(breaks(schema, parse(yaml))).toEqual([]);
  });
});
