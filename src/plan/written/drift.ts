import type { Facts } from "../../facts/facts.ts";
import { firsts } from "../../once.ts";
import type { Plan, UsedFacts } from "../plan.ts";

/** A fact that a plan used and that is not so any more. */
export interface Drift {
  readonly node: string;
  /** `home`, `nic`, `ip`, `node`, or a version's name: `vllm`. */
  readonly fact: string;
  readonly was: string;
  readonly is: string;
}

/** What changed on the nodes since a plan was made, of what it took from them. A node that says nothing now has changed in everything. */
export function drifts({ facts, nodes }: Plan, now: readonly Facts[]): readonly Drift[] {
  const said = firsts(now, ({ node }) => node);
  const addresses = new Map(nodes.map(({ name, ip }) => [name, ip]));
  return Object.entries(facts?.nodes ?? {}).flatMap(([node, used]) => {
    const fresh = said.get(node);
    const is = fresh === undefined ? {} : namedFacts(answers(fresh, used.ip ?? addresses.get(node) ?? ""));
    return Object.entries(namedFacts(used)).flatMap(([fact, was]) =>
      is[fact] === was ? [] : [{ node, fact, was, is: is[fact] ?? "not told" }],
    );
  });
}

/** What a node says now, in the words of a plan. */
function answers({ home, hostIp, nodePath, interfaces, versions }: Facts, ip: string): UsedFacts {
  const nic = Object.entries(interfaces).find(([, addresses]) => addresses.includes(ip))?.[0];
  return { home, node: nodePath, versions, ...(hostIp !== null && { ip: hostIp }), ...(nic !== undefined && { nic }) };
}

const namedFacts = ({ versions, node, ...texts }: UsedFacts): Readonly<Record<string, string>> => ({
  ...texts,
  ...(node !== undefined && { node: node ?? "none" }),
  ...versions,
});
