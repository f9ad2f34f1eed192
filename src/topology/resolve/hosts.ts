import { parseRange } from "../../words/range.ts";
import { isHost } from "../address.ts";
import { errorAt } from "../findings/finding.ts";
import { shown } from "../findings/remark.ts";
import type { Finding } from "../rule.ts";
import type { Node } from "../topology.ts";
import { ipOf } from "./nodes.ts";

/** `--hosts` in the place of the nodes' hosts, in order. A written ip belonged to the old host and goes with it. */
export function moveHosts(
  nodes: readonly Node[],
  given: readonly string[],
): { readonly nodes: readonly Node[]; readonly findings: readonly Finding[] } {
  if (given.length === 0) return { nodes, findings: [] };
  const ranges = given.map(parseRange);
  const findings: Finding[] = [];
  for (const [i, range] of ranges.entries()) {
    if ("wrong" in range)
      findings.push(
        errorAt(["--hosts", i], "range", `--hosts ${shown(given[i] ?? "")} is not a range: ${range.wrong}`, {
          remedy: "n[0-5], or names with commas between them",
        }),
      );
  }
  const named = ranges.flatMap((range, i) => ("names" in range ? range.names.map((host) => ({ host, i })) : []));
  const hosts = named.map(({ host }) => host);
  for (const { host, i } of named.filter((one) => !isHost(one.host)))
    findings.push(
      errorAt(["--hosts", i], "address", `${shown(host)} cannot be a host`, {
        remedy: "an address, a name that ssh knows, or local",
      }),
    );
  if (findings.length === 0 && hosts.length !== nodes.length) {
    findings.push(
      errorAt(["--hosts", 0], "hosts", `--hosts names ${hosts.length}, the topology has ${nodes.length} nodes`, {
        remedy: `${nodes.length} hosts, in the order of nodes`,
      }),
    );
  }
  if (findings.length > 0) return { nodes, findings };
  return { nodes: nodes.map((node, i) => withHost(node, hosts[i] ?? node.host)), findings: [] };
}

function withHost({ ip: _, ...node }: Node, host: string): Node {
  const ip = ipOf(host);
  return { ...node, host, ...(ip !== undefined && { ip }) };
}
