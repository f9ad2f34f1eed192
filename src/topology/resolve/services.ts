import { defined } from "../defined.ts";
import { errorAt } from "../findings/finding.ts";
import type { Finding } from "../rule.ts";
import type { Shape } from "../shape/topology.ts";
import type { SideProcess } from "../topology.ts";
import { child, type Tree } from "../tree/tree.ts";
import { envOf } from "./env.ts";
import { type KnownNodes, oneNode } from "./node-refs.ts";
import { textsOf } from "./texts.ts";

/** Names that the plan gives to services of its own. */
const TAKEN = /^(proxy|(prefill|decode)-.*)$/;

export function resolveServices(
  { services }: Shape,
  tree: Tree,
  known: KnownNodes,
): { readonly services: readonly SideProcess[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const resolved = services.map((service, i): SideProcess => {
    const path = ["services", i];
    const env = envOf(child(tree, ...path, "env"), [...path, "env"]);
    const node = oneNode(tree, [...path, "node"], known);
    findings.push(...env.findings, ...node.findings);
    const twice = services.findIndex(({ name }) => name === service.name) < i;
    if (twice || TAKEN.test(service.name)) {
      const whose = twice ? "another service" : "a service of pdctl's own";
      findings.push(
        errorAt([...path, "name"], "duplicate", `${whose} is called ${service.name}`, {
          mark: "value",
          remedy: "another name",
        }),
      );
    }
    return {
      name: service.name,
      node: node.names[0] ?? service.node,
      command: textsOf(child(tree, ...path, "command")),
      env: env.env,
      listens: service.listens ?? [],
      ...(service.ready && { ready: defined(service.ready) }),
      wave: service.wave,
      path,
    };
  });
  return { services: resolved, findings };
}
