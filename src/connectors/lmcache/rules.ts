import type { Plan } from "../../plan/plan.ts";
import type { AnyRule, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { runsOn } from "../hardware.ts";
import { usesOf } from "../pairs.ts";
import { speaks } from "../proxies.ts";
import { sameSeed } from "../seed.ts";
import { sameWidth } from "../store-key.ts";

/** Accelerators that its wheels and its build know. Source: LMCache, setup.py. */
export const families: readonly string[] = ["cuda", "rocm"];

/** A13: as the transfer, its store is one that both roles reach. Source: launch.md §3.9. */
const a13: Rule<Topology, { twice: boolean }> = {
  id: "A13",
  level: "error",
  *check({ kv }) {
    if (kv.transfer.connector !== "lmcache") return;
    const { server, remote_url: url } = kv.transfer.fields.prefill;
    const stores = [server, url].filter((each) => each !== undefined).length;
    if (stores !== 1) yield { at: [...kv.transfer.path, "connector"], data: { twice: stores > 1 } };
  },
  message: ({ twice }) =>
    twice
      ? "lmcache has a server and a remote_url: its chunks are in one store"
      : "lmcache would keep every chunk where its own engine is, and decode would find none",
  remedy: ({ twice }) =>
    twice
      ? "server or remote_url, not both"
      : ["server: { node: one that all engines reach }", "or remote_url: lm://host:port, redis://host:port"],
};

/** A10: its direct way from engine to engine wants a proxy of its own, which pdctl does not start. Source: proxy-protocols.md §E.3. */
const direct: Rule<Topology, { key: string }> = {
  id: "A10",
  level: "error",
  *check(topology) {
    for (const { use } of usesOf("lmcache", topology)) {
      const { config } = use.fields.prefill;
      if (typeof config !== "object" || config === null) continue;
      for (const [key, value] of Object.entries(config))
        if (DIRECT.includes(key) && value === true) yield { at: [...use.path, "config", key], data: { key } };
    }
  },
  message: ({ key }) => `${key}: LMCache's transfer from engine to engine is spoken by its own proxy alone`,
  remedy: () => ["server or remote_url: through a store, with proxy.kind: pdctl", "or kv.transfer.connector: nixl"],
};

const DIRECT = ["enable_pd", "enable_xpyd", "enable_nixl"];

export const rules: readonly AnyRule<Topology>[] = [
  speaks("lmcache"),
  direct,
  a13,
  runsOn("lmcache", families),
  sameWidth("lmcache", ({ server, remote_url: url }) => server === undefined && url === undefined), // each on its own
];
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [sameSeed("lmcache")];
