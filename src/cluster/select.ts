import { expandRange } from "../words/range.ts";
import type { Standing } from "./standing.ts";

/** Services by role, instance, engine or side name, and folded sets of them (`prefill-0-[0-1]`); none: all. */
export function selected(services: Standing["services"], names: readonly string[]): Standing["services"] {
  if (names.length === 0) return services;
  const wanted = new Set(names.flatMap((name) => expandRange(name)));
  return services.filter(({ spec }) =>
    [spec.service, spec.group, spec.role, spec.kind].some((name) => name !== null && wanted.has(name)),
  );
}
