import { passages } from "../answers/firewall/passages.ts";
import type { Plan } from "../plan.ts";
import type { Crossing } from "./judged.ts";

/**
 * Ways between two nodes that can be tried before anything runs: the passages that a firewall has to let through, from each dialer, as far
 * as a service of the plan listens there. Ranges that a library or the kernel draws from are left out: what goes over RDMA never needs them.
 */
export function crossings(plan: Plan): readonly Crossing[] {
  const listened = new Set(plan.services.flatMap(({ node, listens }) => listens.map(({ port }) => `${node} ${port}`)));
  const ips = new Map(plan.nodes.map(({ name, ip }) => [name, ip]));
  return passages(plan).flatMap(({ from, to, first, last, purpose }) => {
    const ip = ips.get(to);
    if (from === null || ip === undefined || !listened.has(`${to} ${first}`)) return [];
    return from.filter((name) => name !== to).map((name) => ({ from: name, to, ip, first, last, purpose }));
  });
}
