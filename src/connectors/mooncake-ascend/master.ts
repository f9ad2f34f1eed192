import type { Topology } from "../../topology/topology.ts";
import type { SideService } from "../connector.ts";
import type { Fields } from "./fields.ts";

/** `mooncake_master`, ready when both its ports answer. `--port` is the flag that every version takes. Source: launch.md §3.11, seed-lines.md C10. */
export function master(wanted: NonNullable<Fields["master"]>, { nodes }: Topology): SideService {
  const { node, port, metrics_port, ...others } = wanted;
  const host = nodes.find(({ name }) => name === node)?.ip ?? node;
  const flags = Object.entries({ port, metrics_port, ...others }).filter(([, value]) => value !== undefined);
  return {
    name: "mooncake-master",
    node,
    argv: ["mooncake_master", ...flags.flatMap(([name, value]) => [`--${name}`, String(value)])],
    env: { LD_LIBRARY_PATH: { prepend: ["/usr/local/lib"], append: [] } },
    listens: [
      { port, purpose: "rpc" },
      { port: metrics_port, purpose: "metrics" },
    ],
    ready: [
      { kind: "tcp", host, port },
      { kind: "http", host, port: metrics_port, path: "/health" },
    ],
  };
}
