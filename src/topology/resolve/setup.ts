import { errorAt } from "../findings/finding.ts";
import type { Finding } from "../rule.ts";
import type { Shape } from "../shape/topology.ts";
import { durationMs } from "../shape/words.ts";
import type { SetupStep } from "../topology.ts";
import type { Tree } from "../tree/tree.ts";
import { type KnownNodes, namedNodes } from "./node-refs.ts";

/** The steps in file order, each with its nodes: all of them where none are named. */
export function resolveSetup(
  { setup }: Shape,
  tree: Tree,
  known: KnownNodes,
): { readonly setup: readonly SetupStep[] | undefined; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const steps = setup.map(({ name, run, nodes, timeout }, i): SetupStep => {
    const path = ["setup", i];
    const named = nodes === undefined ? undefined : namedNodes(tree, [...path, "nodes"], known);
    findings.push(...(named?.findings ?? []));
    if (setup.findIndex((one) => one.name === name) < i)
      findings.push(
        errorAt([...path, "name"], "duplicate", `another step is called ${name}`, {
          mark: "value",
          remedy: "another name",
        }),
      );
    return { name, run, nodes: named?.names ?? [...known.nodes], timeoutMs: durationMs(timeout) ?? 0, path };
  });
  return { setup: steps.length > 0 ? steps : undefined, findings };
}
