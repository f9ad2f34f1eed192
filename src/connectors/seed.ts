import type { Plan } from "../plan/plan.ts";
import type { Rule } from "../topology/rule.ts";
import type { Topology } from "../topology/topology.ts";
import { usesOf } from "./pairs.ts";

/** M08 for a connector that names KV by the hash of its tokens: every engine hashes alike. Source: launch.md §0 (seed 002), §10.4. */
export function sameSeed(
  connector: string,
): Rule<{ topology: Topology; plan: Plan }, { engine: string; seed: string; usual: string }> {
  return {
    id: "M08",
    level: "error",
    *check({ topology, plan }) {
      const roles = [...usesOf(connector, topology)].flatMap((one) => one.roles);
      const engines = plan.services.filter(
        ({ kind, role }) => kind === "engine" && role !== null && roles.includes(role),
      );
      const usual = String(topology.kv.hashSeed);
      for (const { id, group, env } of engines) {
        const seed = env["PYTHONHASHSEED"];
        if (seed === usual) continue;
        const at = topology.instances.find((instance) => instance.id === group)?.path ?? [];
        const data = { engine: id, seed: typeof seed === "string" ? seed : "unset", usual };
        yield { at: [...at, "env", "PYTHONHASHSEED"], subject: id, data };
      }
    },
    message: ({ engine, seed, usual }) =>
      `${engine} has PYTHONHASHSEED ${seed} where kv.hash_seed is ${usual}: it would find no block of the others`,
    remedy: () => "leave PYTHONHASHSEED out of env; kv.hash_seed is for all",
  };
}
