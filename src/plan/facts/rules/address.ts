import type { Rule } from "../../../topology/rule.ts";
import type { Plan } from "../../plan.ts";
import type { Judged } from "../judged.ts";
import { type Answered, answers, nodePath } from "./answers.ts";

/** S03: a name stands for an address that the other nodes reach. Source: launch.md §10.1, §5.1 (hostname trap). */
export const s03: Rule<Judged, { node: string; host: string; ip: string | null }> = {
  id: "S03",
  level: "error",
  *check(judged) {
    const { topology, plan } = judged;
    for (const answered of answers(judged)) {
      const { node, said } = answered;
      if (misnamed(plan, answered))
        yield {
          at: [...nodePath(topology, node.name), "host"],
          subject: node.name,
          data: { node: node.name, host: node.host, ip: said.hostIp },
        };
    }
  },
  message: ({ node, host, ip }) =>
    ip === null ? `${node} does not know the name ${host}` : `${node} takes ${host} for ${ip}, which only it can reach`,
  remedy: ({ node }) => `ip: the address of ${node} on the data network`,
};

/** A name that stands for no address, or for one that is the node's alone. */
function misnamed({ nodes }: Plan, { node, said }: Answered): boolean {
  if (node.host === "local" || /^[\d.]+$/.test(node.host)) return false;
  if (said.hostIp === null) return node.ip.startsWith("<fact:"); // else the address is written, and nobody has asked
  return nodes.length > 1 && node.ip === said.hostIp && node.ip.startsWith("127.");
}

/** S06: the interface that a node's `nic` names owns its `ip`; without `nic`, some interface does. Source: launch.md §10.1. */
export const s06: Rule<Judged, { node: string; ip: string; nic: string | null; owners: string }> = {
  id: "S06",
  level: "error",
  *check(judged) {
    for (const answered of answers(judged)) {
      const { node, said } = answered;
      if (node.host === "local" || Object.keys(said.interfaces).length === 0) continue; // nothing known is nothing wrong
      if (misnamed(judged.plan, answered)) continue; // S03
      const owner = Object.entries(said.interfaces).find(([, addresses]) => addresses.includes(node.ip))?.[0];
      if (owner !== undefined && (node.nic === null || node.nic === owner)) continue;
      const owners = Object.entries(said.interfaces)
        .map(([name, addresses]) => `${name} ${addresses.join(" ")}`)
        .join(", ");
      const at = nodePath(judged.topology, node.name);
      yield { at, subject: node.name, data: { node: node.name, ip: node.ip, nic: node.nic, owners } };
    }
  },
  message: ({ node, ip, nic, owners }) =>
    `${node} ${nic === null ? "has no interface with" : `${nic} does not own`} ${ip} (${owners})`,
  remedy: ({ node }) => `give ${node} the ip and nic of its data plane`,
};
