import { isIP } from "node:net";
import { firsts } from "../../once.ts";
import type { Rule } from "../rule.ts";
import type { Node, Topology } from "../topology.ts";

/** S01: a node is known by its name and by its address. Source: launch.md §10.1. */
export const s01: Rule<Topology, { first: string; field: string; value: string }> = {
  id: "S01",
  level: "error",
  *check({ nodes }) {
    const [names, addresses] = [firsts(nodes, ({ name }) => name), firsts(nodes, ({ ip }) => ip)];
    for (const node of nodes) {
      if (names.get(node.name) !== node) {
        yield {
          at: [...node.path, "name"],
          subject: node.name,
          data: { first: node.name, field: "name", value: node.name },
        };
        continue;
      }
      const sharing = addresses.get(node.ip);
      if (sharing === undefined || sharing === node || node.ip === undefined) continue;
      const field = addressKey(node);
      yield { at: [...node.path, field], subject: node.name, data: { first: sharing.name, field, value: node.ip } };
    }
  },
  message: ({ first, field, value }) =>
    field === "name" ? `node ${value} is there twice` : `address ${value} is taken twice: ${first} has it already`,
  caret: ({ first, field }) => (field === "name" ? "the second of this name" : `the same as ${first}`),
  remedy: ({ field }) =>
    field === "name" ? "name: another one for each node" : `${field}: the address of this node alone`,
};

/** S02: what one node is told must be true on another one. Source: launch.md §10.1. */
export const s02: Rule<Topology, { node: string; ip: string; why: string; nic: string | undefined }> = {
  id: "S02",
  level: "error",
  *check({ nodes }) {
    const several = nodes.length > 1 && nodes.some(({ host }) => host !== "local");
    for (const node of nodes) {
      const ip = node.ip ?? node.host;
      const why = malformed(node) ? "is not an address" : several ? unreachable(ip) : undefined;
      if (why === undefined) continue;
      yield {
        at: [...node.path, addressKey(node)],
        subject: node.name,
        data: { node: node.name, ip, why, nic: node.nic },
      };
    }
  },
  message: ({ node, ip, why }) => `${node} has ${ip}, which ${why}`,
  caret: () => "other nodes cannot reach it",
  remedy: ({ nic }) => `ip: the address of ${nic ?? "the interface on the data network"}`,
};

function addressKey(node: Node): "host" | "ip" {
  return node.ip === undefined || node.ip === node.host || node.host === "local" ? "host" : "ip";
}

function malformed({ ip, host }: Node): boolean {
  return ip === undefined ? /^[\d.]+$/.test(host) && isIP(host) === 0 : isIP(ip) === 0;
}

function unreachable(ip: string): string | undefined {
  if (/^127\./.test(ip) || ip === "::1" || ip === "local") return "only the node itself can reach";
  if (ip === "0.0.0.0" || ip === "::") return "is no address of one node";
  return /^169\.254\./.test(ip) || /^fe80:/i.test(ip) ? "is valid on one link only" : undefined;
}
