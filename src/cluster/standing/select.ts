import { UserError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { folded } from "../../words/names.ts";
import { expandRange } from "../../words/range.ts";
import type { Standing } from "./standing.ts";

/** Services by role, instance, engine or side name, and folded sets of them (`prefill-0-[0-1]`); none: all. */
export function selected(services: Standing["services"], names: readonly string[]): Standing["services"] {
  if (names.length === 0) return services;
  const wanted = new Set(names.flatMap((name) => expandRange(name)));
  return services.filter(({ spec }) =>
    [spec.service, spec.group, spec.role, spec.kind].some((name) => name !== null && wanted.has(name)),
  );
}

/**
 * Groups of a plan by role, instance, engine or name, and folded sets of them; none: every engine. No rank of a group restarts alone.
 * @throws usage, naming what is no part of the cluster
 */
export function chosenGroups({ cluster, services }: Plan, names: readonly string[]): ReadonlySet<string> {
  if (names.length === 0) return new Set(services.flatMap(({ kind, group }) => (kind === "engine" ? [group] : [])));
  const called = (name: string) =>
    services.filter(({ id, group, role, kind }) => [id, group, role, kind].some((one) => one === name));
  const wanted = names.flatMap((name) => expandRange(name));
  const strange = wanted.filter((name) => called(name).length === 0);
  if (strange.length > 0)
    throw new UserError("usage", {
      what: `nothing of ${cluster} is called ${folded(strange)}; it has ${folded([...new Set(services.map(({ group }) => group))])}`,
      next: "pdctl plan",
    });
  return new Set(wanted.flatMap(called).map(({ group }) => group));
}
