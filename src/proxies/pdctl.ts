import type { ProxyKind } from "./kind.ts";

/** The bundled proxy. It reads a file that the plan writes. */
export const pdctl: ProxyKind = {
  name: "pdctl",
  command: null,
  speaks: [
    ...["nixl", "nixl push", "mooncake", "moriio", "mooncake-ascend", "mooncake-ascend layerwise"],
    ...["ucm", "lmcache", "mooncake-store", "example"],
  ],
  health: "/health",
  policies: {
    round_robin: "round_robin",
    least_loaded: "least_loaded",
    random: "random",
    power_of_two: "power_of_two",
    consistent_hash: "consistent_hash",
    prefix_aware: "prefix_aware",
  },
  ignores: {},
  managed: {},
  listens: () => [],
};
