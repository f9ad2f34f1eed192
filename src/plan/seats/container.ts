import type { RuntimeSpec } from "../../supervise/supervise.ts";
import type { Instance, Node } from "../../topology/topology.ts";
import type { Seat } from "./seats.ts";

/**
 * How an engine runs on its node. A container has the host's network and ipc, or side channel, RDMA and random ports would not
 * work; its devices are chosen by the visibility variable alone. Source: launch.md §8, seed-lines.md C18.
 */
export function runtime({ engine }: Instance, seat: Seat, cluster: string, service: string): RuntimeSpec {
  const wanted = engine.runtime;
  if (wanted.kind === "process") return { kind: "process" };
  if (wanted.kind === "systemd") return { kind: "systemd", scope: wanted.scope, unit: `pdctl-${cluster}-${service}` };
  if ("container" in wanted) return { kind: wanted.kind, container: wanted.container };
  const caps = new Set(wanted.capAdd);
  const mounts = [...seat.node.mounts, ...wanted.mounts].flatMap((mount) => [
    "-v",
    mount.includes(":") ? mount : `${mount}:${mount}`,
  ]);
  return {
    kind: wanted.kind,
    image: wanted.image,
    name: `pdctl-${cluster}-${service}`,
    options: [
      ...["--network", "host", "--ipc", "host"],
      ...(wanted.privileged ? ["--privileged"] : []),
      ...wanted.capAdd.flatMap((cap) => ["--cap-add", cap]),
      ...withoutCaps(seat.hardware.container(idsOf(seat.node)), caps),
      ...["--ulimit", "memlock=-1", "--ulimit", "stack=67108864", "--init"],
      ...mounts,
      ...["-v", `${seat.stateDir}:${seat.stateDir}:ro`, "--label", `pdctl=${cluster}/${service}`],
      ...wanted.options,
    ],
  };
}

/** It runs on the node itself, with the node's own files, limits and programs. */
export const isOnHost = ({ runtime: { kind } }: { readonly runtime: RuntimeSpec }): boolean =>
  kind === "process" || kind === "systemd";

const idsOf = ({ devices }: Node) => devices;

/** The hardware's flags without the capabilities that the user asked for already. */
function withoutCaps(flags: readonly string[], caps: ReadonlySet<string>): readonly string[] {
  return flags.filter((flag, i) => {
    const option = flag === "--cap-add" ? flags[i + 1] : flags[i - 1] === "--cap-add" ? flag : undefined;
    return option === undefined || !caps.has(option);
  });
}
