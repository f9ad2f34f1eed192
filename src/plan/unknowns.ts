import type { Plan, PlanNode, Service } from "./plan.ts";
import type { Seat } from "./seats.ts";

/** What the plan waits for: every place-holder that stands in its text, and the version of vLLM on nodes that have not been asked. */
export function unknowns(
  services: readonly Omit<Service, "hash">[],
  nodes: readonly PlanNode[],
  seats: ReadonlyMap<string, Seat>,
  engine: "vllm" | "sim",
): Plan["unknowns"] {
  const text = JSON.stringify([services.map(({ argv, env, files, runtime }) => [argv, env, files, runtime]), nodes]);
  const held = [...text.matchAll(/<fact:([a-z]+)@([^<>"\\]+)>/g)].map(([, fact = "", node = ""]) => ({ fact, node }));
  const used = new Set(services.filter(({ kind }) => kind === "engine").map(({ node }) => node));
  const versions = [...seats]
    .filter(([node, { asked }]) => engine === "vllm" && used.has(node) && !asked)
    .map(([node]) => ({ fact: "vllm", node }));
  const all = new Map([...held, ...versions].map((unknown) => [`${unknown.node} ${unknown.fact}`, unknown]));
  return [...all.values()].toSorted((a, b) => compare(a.node, b.node) || compare(a.fact, b.fact));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
