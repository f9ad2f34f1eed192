import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { plan } from "../src/plan/index.ts";
import type { Plan, Service } from "../src/plan/plan.ts";
import { loadTopology, locate, runRules } from "../src/topology/index.ts";
import type { AnyRule, Diagnostic } from "../src/topology/rule.ts";
import type { Topology } from "../src/topology/topology.ts";

/** Files are named from here, as a user does who stands in the repository. */
const root = fileURLToPath(new URL("../", import.meta.url));

/** Everything a user is told about a file: by the loader, the rules of the topology and those of the plan. Notes are for `plan` and `check`. */
export function told(
  file: string,
  { rehearse = false, set = [] }: { rehearse?: boolean; set?: readonly string[] } = {},
): readonly Diagnostic[] {
  const read = (path: string) => (existsSync(`${root}${path}`) ? readFileSync(`${root}${path}`) : undefined);
  const loaded = loadTopology({ file: relative(root, file), read }, { set, hosts: [] });
  const later = loaded.draft === undefined ? [] : plan(loaded.draft, [], { rehearse }).findings;
  return [...loaded.diagnostics, ...locate(later, loaded.origins)].filter(({ level }) => level !== "note");
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
