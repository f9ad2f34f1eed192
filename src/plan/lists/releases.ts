import type { Instance, Role, Topology } from "../../topology/topology.ts";
import type { PlanRelease } from "../plan.ts";
import type { Seat } from "../seats/seats.ts";
import { usesOf } from "../seats/uses.ts";
import { said } from "../seats/versions.ts";

type Told = Pick<PlanRelease, "package" | "release" | "from">;

/** The releases that a plan goes by, with the nodes of each, in the order of the file; empty where no engine is vLLM. */
export function releasesOf(topology: Topology, seats: ReadonlyMap<string, Seat>): readonly PlanRelease[] {
  const found = new Map<string, Told & { readonly nodes: Set<string> }>();
  const packages = { prefill: packagesOf(topology, "prefill"), decode: packagesOf(topology, "decode") };
  for (const instance of topology.instances.filter(({ engine }) => engine.kind === "vllm")) {
    for (const node of instance.nodes)
      for (const name of packages[instance.role]) {
        const told = releaseOf(name, instance, seats.get(node));
        const key = JSON.stringify(told);
        const before = found.get(key);
        if (before === undefined) found.set(key, { ...told, nodes: new Set([node]) });
        else before.nodes.add(node);
      }
  }
  return [...found.values()].map(({ nodes, ...told }) => ({ ...told, nodes: [...nodes] }));
}

/** Those that something is written for, which differs between their releases. */
const packagesOf = (topology: Topology, role: Role): readonly string[] => [
  ...new Set([
    "vllm",
    ...usesOf(topology, role).flatMap(({ connector }) => (connector.drift ?? []).map((each) => each.package)),
  ]),
];

function releaseOf(name: string, { engine }: Instance, seat: Seat | undefined): Told {
  const [told, declared] = [said(seat)[name], engine.versions?.[name]];
  if (told !== undefined) return { package: name, release: told, from: "node" };
  if (declared === undefined) return { package: name, release: null, from: null };
  const from = engine.imageTells?.includes(name) ? "runtime.image" : "engine.versions";
  return { package: name, release: declared, from };
}
