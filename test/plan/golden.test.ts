import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { launchScript } from "../../src/render/index.ts";
import { factsOf, names, topologyOf } from "./topologies.ts";

const golden = fileURLToPath(new URL("../golden/", import.meta.url));
const template = readFileSync(new URL("../../templates/launch/launch.sh", import.meta.url), "utf8");
const update = process.env.UPDATE_GOLDEN === "1"; // the only way that a golden file changes

/** Every byte that pdctl would put on the nodes for a plan, by the golden file's name. */
function filesOf(name: string, made: Plan): ReadonlyMap<string, string> {
  return new Map([
    [`${name}.plan.json`, `${JSON.stringify(made, null, 2)}\n`],
    ...made.services.map((service) => [`${name}/${service.id}.sh`, launchScript(service, made, template)] as const),
  ]);
}

function write(name: string, files: ReadonlyMap<string, string>): void {
  rmSync(path.join(golden, name), { recursive: true, force: true });
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(golden, file)), { recursive: true });
    writeFileSync(path.join(golden, file), text);
  }
}

const cases = [
  ...[...names, "reference"].map((name) => ({ name, made: () => plan(topologyOf(name)) })),
  { name: "cuda-gaudi-nixl-facts", made: factsCase },
  {
    name: "ascend-moe-mooncake-rehearsal",
    made: () => plan(topologyOf("ascend-moe-mooncake"), [], { rehearse: true }),
  },
];

function factsCase() {
  const topology = topologyOf("cuda-gaudi-nixl");
  const facts = factsOf(topology, { versions: { vllm: "0.33.0" } });
  return plan(
    topology,
    facts.map((fact) => (fact.node === "gaudi-0" ? { ...fact, nodePath: null } : fact)),
  );
}

it("every topology that is shipped has its golden plan", () => {
  const shipped = readdirSync(new URL("../../topologies/", import.meta.url)).map((file) => file.replace(/\.yaml$/, ""));
  expect(shipped.filter((name) => !cases.some((each) => each.name === name))).toEqual([]);
});

describe.each(cases)("$name", ({ name, made }) => {
  const files = filesOf(name, made().plan);
  if (update) write(name, files);

  it("is planned and scripted byte for byte as before", () => {
    const scripts = readdirSync(path.join(golden, name)).map((file) => `${name}/${file}`);
    expect(new Set(files.keys())).toEqual(new Set([`${name}.plan.json`, ...scripts]));
    for (const [file, text] of files) expect(text, file).toBe(readFileSync(path.join(golden, file), "utf8"));
  });

  it("has nothing to say about a topology that is right", () => {
    expect(made().findings.filter(({ level }) => level !== "note")).toEqual([]);
  });

  it("makes scripts that bash can read", () => {
    for (const [file, text] of files) if (file.endsWith(".sh")) execFileSync("bash", ["-n"], { input: text });
  });
});
