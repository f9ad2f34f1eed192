import type { Json } from "../../topology/topology.ts";
import { isMap } from "./flags.ts";

type Dict = Readonly<Record<string, Json>>;

/** Maps whose entries are shared one by one. */
const OPEN = new Set(["args", "env", "parallel"]);

/** What all have in common, and what is left of each: a key is written once, as far up as it holds. */
export function shared(all: readonly Dict[]): { readonly common: Dict; readonly rest: readonly Dict[] } {
  const common: Record<string, Json> = {};
  const rest: Record<string, Json>[] = all.map(() => ({}));
  for (const key of new Set(all.flatMap((each) => Object.keys(each)))) {
    const values = all.map((each) => each[key]);
    if (OPEN.has(key) && values.every((value) => value === undefined || isMap(value))) {
      const inner = shared(values.map((value) => (isMap(value) ? value : {})));
      if (Object.keys(inner.common).length > 0) common[key] = inner.common;
      inner.rest.forEach((left, i) => {
        const own = rest[i];
        if (own !== undefined && Object.keys(left).length > 0) own[key] = left;
      });
    } else if (values.every((value) => value !== undefined && JSON.stringify(value) === JSON.stringify(values[0])))
      common[key] = values[0] ?? null;
    else
      values.forEach((value, i) => {
        const own = rest[i];
        if (own !== undefined && value !== undefined) own[key] = value;
      });
  }
  return { common, rest };
}
