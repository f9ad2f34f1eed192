import { readFileSync } from "node:fs";
import { specOf } from "../../src/cluster/wave/spec.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { loadTopology } from "../../src/topology/index.ts";
import { found, standing } from "./found.ts";

const root = new URL("../../topologies/", import.meta.url);

/** The plan of a reference topology with some values changed. */
export function planned(file: string, set: readonly string[] = []): Plan {
  const { topology } = loadTopology({ file, read: (path) => readFileSync(new URL(path, root)) }, { set, hosts: [] });
  if (topology === undefined) throw new Error(`${file} with ${set.join(" ")} does not load`);
  return plan(topology).plan;
}

/** What nodes list on which everything of a plan runs, but for some of it. */
export const allOf = (one: Plan, without: readonly string[] = []) =>
  standing(one.services.filter(({ id }) => !without.includes(id)).map((service) => found(specOf(service, one, 1))));

export const ids = (services: readonly { id: string }[]) => services.map(({ id }) => id);
