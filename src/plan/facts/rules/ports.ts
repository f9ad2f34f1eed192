import type { Rule } from "../../../topology/rule.ts";
import type { Judged } from "../judged.ts";
import { answers, nodePath } from "./answers.ts";
import { othersOn } from "./others.ts";

/** N12: a port that the plan needs is taken by somebody else. Source: launch.md §10.3. */
export const n12: Rule<
  Judged,
  { node: string; service: string; port: number; purpose: string; holder: string | undefined }
> = {
  id: "N12",
  level: "error",
  *check(judged) {
    for (const { node, said, services } of answers(judged)) {
      const taken = new Set(said.listening.map(({ port }) => port));
      const named = new Set(othersOn(judged, node.name).flatMap(({ ports }) => ports.map(({ port }) => port))); // N14
      for (const service of services)
        for (const { port, purpose } of service.listens) {
          const key = `${node.name} ${port}`;
          if (!taken.has(port) || judged.ours.has(key) || named.has(port)) continue;
          const data = { node: node.name, service: service.id, port, purpose, holder: judged.holders.get(key) };
          yield { at: nodePath(judged.topology, node.name), subject: node.name, data };
        }
    }
  },
  message: ({ node, service, port, purpose, holder }) =>
    `${node} port ${port} (${purpose} of ${service}) is held by ${holder ?? "a process that is not pdctl's"}`,
  remedy: ({ port, service }) => `end it, or give ${service} another port than ${port}`,
};

/** N04: a listener in the range that the kernel gives to outgoing connections. Source: launch.md §10.3. */
export const n04: Rule<Judged, { node: string; service: string; port: number; range: string }> = {
  id: "N04",
  level: "note",
  *check(judged) {
    for (const { node, said, services } of answers(judged)) {
      if (said.ephemeral === null) continue;
      const { first, last } = said.ephemeral;
      const free = (port: number) => said.reserved?.some((one) => port >= one.first && port <= one.last) === true;
      for (const service of services)
        for (const { port } of service.listens) {
          if (port < first || port > last || free(port)) continue;
          const data = { node: node.name, service: service.id, port, range: `${first}-${last}` };
          yield { at: nodePath(judged.topology, node.name), subject: node.name, data };
        }
    }
  },
  message: ({ node, service, port, range }) => `${service}: ${port} on ${node} is in the ephemeral range ${range}`,
  remedy: ({ port }) => `sysctl net.ipv4.ip_local_reserved_ports=${port}`,
};
