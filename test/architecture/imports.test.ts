import { describe, expect, it } from "vitest";
import { type Import, importsOf, roomOf, sources, target, unlisted } from "./read-imports.ts";

/** Who may import values from whom; one's own room is always allowed. The arrows of the architecture page. */
const arrows: Record<string, readonly string[]> = {
  cli: [
    "cluster",
    "report",
    "supervise",
    "nodes",
    "facts",
    "diagnose",
    "render",
    "plan",
    "topology",
    "connectors",
    "hardware",
    "engines",
    "proxies",
    "imports",
    "proxy",
    "sim",
  ],
  report: [],
  cluster: ["supervise", "nodes", "facts", "diagnose", "render", "plan", "topology"],
  diagnose: ["hardware", "connectors", "engines"],
  supervise: ["nodes"],
  nodes: [],
  render: [],
  plan: ["topology", "hardware", "connectors", "engines", "proxies"],
  connectors: ["proxies"],
  hardware: [],
  engines: [],
  proxies: [],
  facts: [],
  topology: ["hardware", "connectors", "engines", "proxies"],
  imports: ["topology", "hardware", "connectors", "engines", "proxies"],
  proxy: [],
  sim: [],
  words: [],
};
/** How names, sets and numbers are written: the ground floor, open to all. */
const ground = "words";
/** At home in no room: each stands alone and imports nothing. */
const everybodys = ["era.ts", "errors.ts", "once.ts", "quote.ts"];
/** Their types are free for all. */
const contracts = [
  "topology/topology.ts",
  "plan/plan.ts",
  "plan/facts/judged.ts",
  "facts/facts.ts",
  "facts/model-config.ts",
  "hardware/hardware.ts",
  "connectors/connector.ts",
  "diagnose/cause.ts",
  "cluster/events.ts",
  "cluster/bench/data.ts",
  "cluster/down/data.ts",
  "cluster/orphans/data.ts",
  "cluster/run/run.ts",
  "cluster/standing/standing.ts",
  "cluster/status/status-report.ts",
  "nodes/session.ts",
  "proxy/config.ts",
  "supervise/supervise.ts",
  "topology/rules/modelled.ts",
  "topology/rule.ts",
  "imports/remark.ts",
  "plan/answers/answers.ts",
];
/** Rooms where values go in and values come out. */
const pure = [
  "words",
  "topology",
  "facts",
  "hardware",
  "connectors",
  "engines",
  "proxies",
  "plan",
  "render",
  "diagnose",
  "imports",
];
/** Modules of Node that compute and touch nothing; of node:net the functions that read an address, of node:os the tables. */
const computes = ({ from, names }: Import) =>
  ["node:path", "node:crypto", "node:util", "node:buffer"].includes(from) ||
  (from === "node:net" && names.length > 0 && names.every((name) => name.startsWith("isIP"))) ||
  (from === "node:os" && names.length > 0 && names.every((name) => name === "constants"));
const effects =
  /\bprocess\.(env|argv|cwd|std\w+)\b|\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(|\brandom(UUID|Bytes)\b|\bsetTimeout\(|\bsetInterval\(/;

function allows(file: string, { kind, from }: Omit<Import, "names">): boolean {
  const to = target(file, from);
  if (to === undefined || everybodys.includes(to)) return true;
  const [room, other] = [roomOf(file), roomOf(to)];
  if (room === other || other === ground || arrows[room]?.includes(other) === true) return true;
  if (room === "sim" && /^engines\/[\w-]+\.json$/.test(to)) return true; // tables, no formula
  return kind === "type" && contracts.includes(to);
}

const compare = (a: string, b: string) => (a < b ? -1 : 1);
const all = sources();
const imports = [...all].flatMap(([file, text]) => importsOf(file, text).map((one) => ({ file, ...one })));

describe("the rooms", () => {
  it("has a row in the table for every folder of src", () => {
    const rooms = new Set([...all.keys()].filter((file) => file.includes("/")).map(roomOf));
    expect([...rooms].filter((room) => !(room in arrows))).toEqual([]);
  });

  it("has few files outside of the rooms, and those stand alone", () => {
    expect([...all.keys()].filter((file) => !file.includes("/")).sort(compare)).toEqual(everybodys);
    expect(imports.filter(({ file, from }) => everybodys.includes(file) && from.startsWith("."))).toEqual([]);
  });

  it("imports only along the arrows", () => {
    const wrong = imports.filter(({ file, ...one }) => !allows(file, one));
    expect(wrong.map(({ file, kind, from }) => `${file} → ${from} (${kind})`)).toEqual([]);
  });

  it("imports in no form that the table cannot see", () => {
    expect([...all].flatMap(([file, text]) => unlisted(file, text))).toEqual([]);
  });

  it("names every file with its .ts suffix, and every one of them exists", () => {
    const missing = imports.filter(({ file, from }) => {
      const to = target(file, from);
      return to !== undefined && !to.endsWith(".json") && !all.has(to) && !to.endsWith(".d.ts");
    });
    expect(missing.map(({ file, from }) => `${file} → ${from}`)).toEqual([]);
  });

  it("touches no file, socket, clock, environment or chance in a pure room", () => {
    const modules = imports.filter(
      ({ file, from, kind, names }) =>
        pure.includes(roomOf(file)) && kind !== "type" && from.startsWith("node:") && !computes({ kind, from, names }),
    );
    const code = [...all]
      .filter(([file]) => pure.includes(roomOf(file)))
      .flatMap(([file, text]) => {
        const found = effects.exec(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""));
        return found === null ? [] : [`${file}: ${found[0]}`];
      });
    expect([...modules.map(({ file, from }) => `${file} → ${from}`), ...code]).toEqual([]);
  });

  it("starts without loading what a verb alone needs", () => {
    expect([...all.keys()]).toContain("cli/main.ts");
    expect(loadedAtStart("cli/main.ts").filter((file) => roomOf(file) !== "cli" && !everybodys.includes(file))).toEqual(
      [],
    );
  });
});

/** What a file loads before any lazy import, itself included. */
function loadedAtStart(entry: string): string[] {
  const loaded = new Set([entry]);
  for (const file of loaded) // grows while we walk
    for (const one of imports) {
      const to = one.file === file && one.kind === "value" ? target(file, one.from) : undefined;
      if (to !== undefined) loaded.add(to);
    }
  return [...loaded];
}

describe("the reader of imports", () => {
  const read = (text: string) => importsOf("plan/x.ts", text).map(({ kind, from }) => ({ kind, from }));
  it("tells types, values and lazy imports apart", () => {
    expect(read('import type { A } from "../a.ts";')).toEqual([{ kind: "type", from: "../a.ts" }]);
    expect(read('import { type A, type B } from "../a.ts";')).toEqual([{ kind: "type", from: "../a.ts" }]);
    expect(read('import { type A, b } from "../a.ts";')).toEqual([{ kind: "value", from: "../a.ts" }]);
    expect(read('import "../a.ts";')).toEqual([{ kind: "value", from: "../a.ts" }]);
    expect(read('export { a } from "../a.ts";')).toEqual([{ kind: "value", from: "../a.ts" }]);
    expect(read('export type { A } from "../a.ts";')).toEqual([{ kind: "type", from: "../a.ts" }]);
    expect(read('export * from "../a.ts";')).toEqual([{ kind: "value", from: "../a.ts" }]);
    expect(read('const a = async () => (await import("../a.ts")).a;')).toEqual([{ kind: "lazy", from: "../a.ts" }]);
  });
  it("finds the forms that it cannot list", () => {
    expect(unlisted("x.ts", 'type A = import("../a.ts").A;')).toEqual(["x.ts:1"]);
    expect(unlisted("x.ts", '\nimport a = require("../a.ts");')).toEqual(["x.ts:2"]);
    expect(unlisted("x.ts", 'const a = await import("../a.ts");')).toEqual([]);
  });
  it("judges by the table", () => {
    expect(allows("render/x.ts", { kind: "value", from: "../plan/plan.ts" })).toBe(false);
    expect(allows("render/x.ts", { kind: "type", from: "../plan/plan.ts" })).toBe(true);
    expect(allows("render/x.ts", { kind: "type", from: "../plan/ports.ts" })).toBe(false);
    expect(allows("cluster/x.ts", { kind: "value", from: "../cli/main.ts" })).toBe(false);
    expect(allows("proxy/x.ts", { kind: "lazy", from: "../plan/plan.ts" })).toBe(false);
    expect(allows("sim/x.ts", { kind: "value", from: "../engines/flags.json" })).toBe(true);
    expect(allows("sim/x.ts", { kind: "value", from: "../engines/flags.ts" })).toBe(false);
  });
});
