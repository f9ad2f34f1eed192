import type { Rule } from "../topology/rule.ts";
import type { Topology } from "../topology/topology.ts";
import { hardwareOf, usesOf } from "./pairs.ts";

/** Connectors that have a way on each accelerator, as a user may write them. Source: launch.md §3.2–3.9. */
const instead: Readonly<Record<string, Readonly<Record<"transfer" | "cache", string>>>> = {
  cuda: { transfer: "nixl, mooncake, ucm, lmcache, mooncake-store", cache: "ucm, lmcache, mooncake-store, offloading" },
  rocm: { transfer: "nixl, moriio, lmcache", cache: "lmcache, offloading" },
  gaudi: { transfer: "nixl", cache: "" },
  ascend: { transfer: "mooncake-ascend, ucm", cache: "ucm, ascend-store, offloading" },
  cpu: { transfer: "nixl", cache: "" },
};

/** A12 for one connector: its library has to exist for the accelerator. A stand-in has none. Source: launch.md §3. */
export function runsOn(
  connector: string,
  families: readonly string[],
): Rule<Topology, { connector: string; instance: string; hardware: string; key: "transfer" | "cache" }> {
  return {
    id: "A12",
    level: "error",
    *check(topology) {
      for (const { use, roles } of usesOf(connector, topology)) {
        const key = use === topology.kv.cache ? "cache" : "transfer";
        for (const instance of topology.instances) {
          const hardware = hardwareOf(topology, instance);
          if (!roles.includes(instance.role) || instance.engine.kind === "sim" || families.includes(hardware)) continue;
          const data = { connector, instance: instance.id, hardware, key } as const;
          yield { at: [...use.path, "connector"], subject: instance.id, data };
        }
      }
    },
    message: ({ connector, instance, hardware }) => `${instance} is on ${hardware}, where ${connector} does not run`,
    remedy: ({ connector, hardware, key }) => {
      const known = instead[hardware]?.[key] ?? "";
      return [
        known === "" ? `kv.${key}: one of another kind` : `kv.${key}.connector: ${known}`,
        `or nodes with ${families.join(" or ")} for ${connector}`,
      ];
    },
  };
}
