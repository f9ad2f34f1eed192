import type { Rule } from "../../../topology/rule.ts";
import type { Judged, OtherCluster } from "../judged.ts";
import { answers, nodePath } from "./answers.ts";

/** `chat of li@build-07` */
const named = ({ cluster, owner }: OtherCluster) => `${cluster} of ${owner}`;

export const othersOn = ({ others = [] }: Judged, node: string) => others.filter((one) => one.node === node);

interface Taken {
  readonly node: string;
  readonly service: string;
  readonly what: string;
  readonly other: string;
  readonly down: string;
}

/** N14: a port or a device that another cluster of the same user has on this node, also where it does not use it yet. */
export const n14: Rule<Judged, Taken> = {
  id: "N14",
  level: "error",
  *check(judged) {
    for (const { node, services, engines } of answers(judged))
      for (const other of othersOn(judged, node.name)) {
        const down = `pdctl down --cluster ${other.cluster} --host ${node.host}`;
        const about = { node: node.name, other: named(other), down };
        const theirs = new Map(other.ports.map(({ port, service }) => [port, service]));
        const at = { at: nodePath(judged.topology, node.name), subject: node.name };
        for (const service of services)
          for (const { port, purpose } of service.listens) {
            const whose = theirs.get(port);
            if (whose === undefined) continue;
            const what = `port ${port} (${purpose} of ${service.id}) belongs to ${whose}`;
            yield { ...at, data: { ...about, service: service.id, what } };
          }
        for (const engine of engines)
          for (const device of engine.devices.filter((id) => other.devices.includes(id)))
            yield {
              ...at,
              data: { ...about, service: engine.id, what: `device ${device} (${engine.id}) belongs to it` },
            };
      }
  },
  message: ({ node, what, other }) => `${node} runs ${other}: ${what}`,
  remedy: ({ service, down }) => [`give ${service} another`, `if it is not needed any more: ${down}`],
};

/** N15: two clusters that keep KV in one directory would read and clean up each other's. */
export const n15: Rule<Judged, { node: string; directory: string; other: string }> = {
  id: "N15",
  level: "error",
  *check(judged) {
    for (const { node } of answers(judged))
      for (const other of othersOn(judged, node.name))
        for (const directory of other.directories.filter((path) => judged.directories?.get(node.name)?.includes(path)))
          yield {
            at: nodePath(judged.topology, node.name),
            subject: node.name,
            data: { node: node.name, directory, other: named(other) },
          };
  },
  message: ({ node, directory, other }) => `${node}: ${other} keeps its KV in ${directory}`,
  remedy: () => ["another directory", "preflight.skip: [N15], if both run the same model and are to share it"],
};
