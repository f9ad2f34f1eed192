import type { Plan, Service } from "../../plan/plan.ts";
import type { Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";

/** P06: two or four modules of a Gaudi box work together when they are wired as a pair or a quad. Source: launch.md §1.6. */
export const p06: Rule<
  { topology: Topology; plan: Plan },
  { engine: string; node: string; modules: string; use: string }
> = {
  id: "P06",
  level: "warning",
  *check({ topology, plan }) {
    const boxes = new Set(
      topology.nodes.filter(({ hardware, family }) => (family ?? hardware) === "gaudi").map(({ name }) => name),
    );
    for (const engine of plan.services.filter(({ kind, node }) => kind === "engine" && boxes.has(node))) {
      const use = aligned(engine);
      if (use === undefined) continue;
      const at = topology.instances.find(({ id }) => id === engine.group)?.path ?? [];
      const data = { engine: engine.id, node: engine.node, modules: engine.devices.join(", "), use };
      yield { at: [...at, "devices"], subject: `${engine.id} on ${engine.node}`, data };
    }
  },
  message: ({ engine, node, modules }) => `${engine} has modules ${modules} on ${node}, which are no wired set`,
  remedy: ({ use }) => `devices: [${use}]`,
};

/** The wired set that holds the engine's first module, when the engine has another one. */
function aligned({ devices }: Service): string | undefined {
  const size = devices.length;
  if (size !== 2 && size !== 4) return undefined;
  const start = Math.floor(Number(devices[0]) / size) * size;
  const set = Array.from({ length: size }, (_, index) => String(start + index));
  return set.every((id) => devices.includes(id)) ? undefined : set.join(", ");
}
