import type { Topology } from "../../topology/topology.ts";
import type { Gauges, SideService } from "../connector.ts";
import type { Master } from "./fields.ts";

/** `mooncake_master`, ready when both its ports answer. `--port` is the flag that every version takes. Source: launch.md §3.11, seed-lines.md C10. */
export function master(wanted: Master, { nodes }: Topology): SideService {
  const { node, venv, port, metrics_port, ...others } = wanted;
  const host = nodes.find(({ name }) => name === node)?.ip ?? node;
  return {
    name: "mooncake-master",
    node,
    argv: ["mooncake_master", ...Object.entries({ port, metrics_port, ...others }).flatMap(flag)],
    ...(venv !== undefined && { venv }),
    env: { LD_LIBRARY_PATH: { prepend: ["/usr/local/lib"], append: [] } },
    listens: [
      { port, purpose: "rpc" },
      { port: metrics_port, purpose: "metrics" },
    ],
    // it opens both about a second after its start, and says nothing when the first was taken in between: then it ends
    ready: [
      { kind: "tcp", host, port },
      { kind: "http", host, port: metrics_port, path: "/health" },
    ],
    gauges: { url: `http://${host}:${metrics_port}/metrics`, shows },
  };
}

/** gflags read `--x false` as true: a boolean has to be one word. Source: proxy-peers.md §4. */
function flag([name, value]: readonly [string, unknown]): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "boolean" ? [`--${name}=${value}`] : [`--${name}`, String(value)];
}

const shows: Gauges["shows"] = [
  { sample: "master_active_clients", name: "clients" },
  { sample: "master_key_count", name: "keys" },
  { sample: "master_allocated_bytes", name: "allocated", unit: "bytes" },
  { sample: "master_total_capacity_bytes", name: "capacity", unit: "bytes" },
];
