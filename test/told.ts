import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Facts } from "../src/facts/facts.ts";
import { type ModelConfig, readModelConfig } from "../src/facts/index.ts";
import { type Judged, judge } from "../src/plan/facts/judge.ts";
import { plan } from "../src/plan/index.ts";
import type { Plan, Service } from "../src/plan/plan.ts";
import { loadTopology, locate, modelFindings, runRules, supersede } from "../src/topology/index.ts";
import type { AnyRule, Diagnostic } from "../src/topology/rule.ts";
import type { Topology } from "../src/topology/topology.ts";
import { healthy } from "./healthy.ts";

/** Files are named from here, as a user does who stands in the repository. */
const root = fileURLToPath(new URL("../", import.meta.url));

export interface Ask {
  readonly rehearse?: boolean;
  readonly set?: readonly string[];
  /** What the nodes say: a JSON file beside the topology (`Doctored`), or nothing wrong; unset: nobody has asked them. */
  readonly facts?: string | "healthy";
  /** The model's config.json. */
  readonly model?: string;
  /** Also what is only worth knowing: for `plan` and `check`. */
  readonly notes?: boolean;
}

/** Facts of a fixture: what differs from nodes on which nothing is wrong, by node or for all of them (`*`). */
interface Doctored {
  readonly nodes?: Readonly<Record<string, Partial<Facts>>>;
  readonly holders?: Readonly<Record<string, string>>;
  readonly ourDevices?: readonly string[];
  readonly filtered?: Judged["filtered"];
  readonly others?: Judged["others"];
  readonly directories?: Readonly<Record<string, readonly string[]>>;
}

/** Everything a user is told about a file: by the loader and the rules of all stages that have what they need. */
export function told(
  file: string,
  { rehearse = false, set = [], facts, model, notes = false }: Ask = {},
): readonly Diagnostic[] {
  const read = (path: string) => (existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`) : undefined);
  const loaded = loadTopology({ file: relative(root, file), read }, { set, hosts: [] });
  const { draft: topology } = loaded;
  if (topology === undefined) return loaded.diagnostics;
  const config = model === undefined ? undefined : configOf(model);
  const asked = facts === undefined ? undefined : judgedWith(topology, facts, rehearse, config);
  const later =
    asked === undefined
      ? [...plan(topology, [], { rehearse }).findings, ...(config ? modelFindings(topology, config) : [])]
      : [...plan(topology, asked.facts, { rehearse }).findings, ...judge(asked)];
  return supersede(loaded.diagnostics, locate(later, loaded.origins)).filter(({ level }) => notes || level !== "note");
}

function judgedWith(topology: Topology, file: string, rehearse: boolean, model: ModelConfig | undefined): Judged {
  const doctored: Doctored = file === "healthy" ? {} : JSON.parse(readFileSync(file, "utf8"));
  const facts = healthy(topology, plan(topology, [], { rehearse }).plan).map((one) => ({
    ...one,
    ...doctored.nodes?.["*"],
    ...doctored.nodes?.[one.node],
  }));
  return {
    topology,
    plan: plan(topology, facts, { rehearse }).plan,
    facts,
    ours: new Set(),
    holders: new Map(Object.entries(doctored.holders ?? {})),
    ourDevices: new Set(doctored.ourDevices),
    ...(doctored.filtered && { filtered: doctored.filtered }),
    ...(doctored.others && { others: doctored.others }),
    ...(doctored.directories && { directories: new Map(Object.entries(doctored.directories)) }),
    ...(model && { model }),
  };
}

function configOf(file: string): ModelConfig {
  const read = readModelConfig(JSON.parse(readFileSync(file, "utf8")));
  if ("error" in read) throw new Error(`${file}: ${read.error}`);
  return read;
}

/** One diagnostic as text: place, code, level and title, then caret, also and do. */
export function shown({ file, line, column, code, level, title, caret, also, remedy }: Diagnostic): string {
  const name = file.slice(file.lastIndexOf("/") + 1);
  return [
    `${name}:${line}:${column}  ${code}  ${level}  ${title}`,
    ...(caret === undefined ? [] : [`  caret ${caret}`]),
    ...(also.length === 0 ? [] : [`  also ${also.join(", ")}`]),
    ...remedy.map((each) => `  do ${each}`),
    "",
  ].join("\n");
}

/** A topology of the repository with its plan, for rules that no topology can break: they are shown a plan that was changed. */
export function madeFrom(name: string): { topology: Topology; plan: Plan } {
  const read = (path: string) => readFileSync(`${root}${path}`);
  const { topology } = loadTopology({ file: `topologies/${name}.yaml`, read }, { set: [], hosts: [] });
  if (topology === undefined) throw new Error(`${name} has errors`);
  return { topology, plan: plan(topology).plan };
}

/** The plan with some of its services changed. */
export const changed = (before: Plan, change: (service: Service) => Partial<Service>): Plan => ({
  ...before,
  services: before.services.map((service) => ({ ...service, ...change(service) })),
});

/** What one rule says about a subject: the level and the title. */
export const says = <Subject>(rule: AnyRule<Subject> | undefined, subject: Subject): readonly string[] =>
  runRules(rule === undefined ? [] : [rule], subject).map(({ level, title }) => `${level}: ${title}`);
