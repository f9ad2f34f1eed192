import type { Facts } from "../../facts/facts.ts";
import { firsts, once } from "../../once.ts";
import type { Pulling, Topology } from "../../topology/topology.ts";
import type { Plan, PlanImage, Service } from "../plan.ts";

const EAGER: readonly Pulling[] = ["never", "missing", "always"];

/** Each image once per node and tool; where instances of a node differ, the one that pulls most decides. */
export function imagesOf(
  services: readonly Pick<Service, "node" | "role" | "instance" | "runtime">[],
  { instances }: Pick<Topology, "instances">,
): { readonly images?: readonly PlanImage[] } {
  const policies = new Map(
    instances.flatMap(({ id, engine: { runtime } }) => ("image" in runtime ? [[id, runtime.pull] as const] : [])),
  );
  const images = new Map<string, PlanImage>();
  for (const { node, role, instance, runtime } of services) {
    if (!("image" in runtime)) continue;
    const pull = policies.get(`${role}-${instance}`) ?? "missing";
    const one = { node, tool: runtime.kind, image: runtime.image, pull };
    const key = `${node} ${imageKey(one)}`;
    const other = images.get(key)?.pull;
    if (other === undefined || EAGER.indexOf(one.pull) > EAGER.indexOf(other)) images.set(key, one);
  }
  return images.size === 0 ? {} : { images: [...images.values()] };
}

/** `docker vllm/vllm-openai:v0.12.0` */
export const imageKey = ({ tool, image }: Pick<PlanImage, "tool" | "image">): string => `${tool} ${image}`;

/** The image that a service of this plan runs from; undefined: it runs in none of its own. */
export function imageOf(plan: Plan, { node, runtime }: Pick<Service, "node" | "runtime">): PlanImage | undefined {
  return "image" in runtime
    ? byPlace(plan).get(`${node} ${imageKey({ tool: runtime.kind, image: runtime.image })}`)
    : undefined;
}

const byPlace = once(({ images = [] }: Plan) => firsts(images, (one) => `${one.node} ${imageKey(one)}`));

/** The plan with what its nodes have under the images' names. */
export function withImages(plan: Plan, idOf: (image: PlanImage) => string | undefined): Plan {
  if (plan.images === undefined) return plan;
  const images = plan.images.map((before) => {
    const id = idOf(before);
    const { id: _, ...image } = before;
    return id === undefined ? image : { ...image, id };
  });
  return { ...plan, images };
}

/** As the nodes' facts tell. */
export function withSeenImages(plan: Plan, facts: readonly Facts[]): Plan {
  const said = firsts(facts, ({ node }) => node);
  return withImages(plan, (image) => said.get(image.node)?.images?.[imageKey(image)] ?? undefined);
}

/** `sha256:4f2a91bc…` as people compare it: 12 digits, as docker and podman show them. */
export const shortId = (id: string): string => id.replace(/^sha256:/, "").slice(0, 12);
