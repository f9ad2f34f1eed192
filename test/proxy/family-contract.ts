import { describe, it } from "vitest";
import { breaks } from "./contract/breaks.ts";
import { requests } from "./contract/requests.ts";
import { retries } from "./contract/retries.ts";
import { routing } from "./contract/routing.ts";
import type { Dialect } from "./fake/cluster.ts";
import { type House, inHouse, type Plan } from "./house.ts";

export type Case = (
  inOne: (plan: Omit<Plan, "dialect">, test: (house: House) => Promise<void>) => Promise<void>,
  dialect: Dialect,
) => Promise<void>;

const cases = { ...requests, ...routing, ...breaks, ...retries };

/** What every family promises, whatever it carries. A case that a family leaves out carries its reason. */
export function familyContract(
  name: string,
  dialect: Dialect,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.keys(exceptions).filter((each) => !(each in cases));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(", ")}`);
  describe(name, () => {
    for (const [promise, test] of Object.entries(cases)) {
      const reason = exceptions[promise];
      const run = () => test((plan, body) => inHouse({ dialect, ...plan }, body), dialect);
      if (reason === undefined) it(promise, run);
      else it.skip(`${promise} (not here: ${reason})`, run);
    }
  });
}
