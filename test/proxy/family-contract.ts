import { describe, it } from "vitest";
import { breaks } from "./contract/breaks.ts";
import { membership } from "./contract/membership.ts";
import { requests } from "./contract/requests.ts";
import { retries } from "./contract/retries.ts";
import { routing } from "./contract/routing.ts";
import { several } from "./contract/several.ts";
import { together } from "./contract/together.ts";
import type { Dialect } from "./fake/cluster.ts";
import { type House, inHouse, type Plan } from "./house.ts";

export type Case = (
  inOne: (plan: Omit<Plan, "dialect">, test: (house: House) => Promise<void>) => Promise<void>,
  dialect: Dialect,
) => Promise<void>;

const cases = { ...requests, ...routing, ...membership, ...breaks, ...retries, ...several };

/** What of it is otherwise where both legs run at once: contract/together.ts has what holds there. */
const OTHERWISE = {
  "an engine that closes an idle connection under a request is not the client's problem":
    "decode's connection ends with the prefill that failed",
  "an engine that refuses connections is passed over, and comes back by itself": "decode sees the first try too",
  "prefill that breaks off in its answer is a 502, and decode never hears of it": "decode has the request at once",
  "an engine's own error is the client's, with its status, also where a stream was asked for":
    "decode has the request at once",
  "a client that leaves during prefill frees it at once, and decode never hears of it":
    "decode has the request at once",
  "a client that leaves before the first token, of a stream or not, frees decode at once": "prefill may compute still",
  "a prefill that is busy or closes the connection gives way to another, under a new id":
    "decode sees the first try too",
} as const;

/** The contract of families whose legs run at once. */
export function togetherContract(
  name: string,
  dialect: Dialect,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  familyContract(name, dialect, { ...OTHERWISE, ...exceptions });
  describe(`${name}, at once`, () => {
    for (const [promise, test] of Object.entries(together))
      it(promise, () => test((plan, body) => inHouse({ dialect, ...plan }, body), dialect));
  });
}

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
