import type { Plan, PlanNode, PlanRelease, Service } from "../plan.ts";
import type { Seat } from "../seats/seats.ts";

/** What the plan waits for: every place-holder that stands in its text, and the version of vLLM on nodes that have not been asked, where it is not declared. */
export function unknowns(
  services: readonly Omit<Service, "hash">[],
  nodes: readonly PlanNode[],
  seats: ReadonlyMap<string, Seat>,
  releases: readonly PlanRelease[],
): Plan["unknowns"] {
  const text = JSON.stringify([services.map(({ argv, env, files, runtime }) => [argv, env, files, runtime]), nodes]);
  const held = [...text.matchAll(/<fact:([a-z]+)@([^<>"\\]+)>/g)].map(([, fact = "", node = ""]) => ({ fact, node }));
  const versions = releases
    .filter((each) => each.package === "vllm" && each.release === null)
    .flatMap((each) => each.nodes.filter((node) => seats.get(node)?.asked === false))
    .map((node) => ({ fact: "vllm", node }));
  const all = new Map([...held, ...versions].map((unknown) => [`${unknown.node} ${unknown.fact}`, unknown]));
  return [...all.values()].toSorted((a, b) => compare(a.node, b.node) || compare(a.fact, b.fact));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
