import type { Rule } from "../../topology/rule.ts";
import { engines, type Planned, placeOf } from "./command-line.ts";

/** P04: a device belongs to one engine. Source: launch.md §1.6. */
export const p04: Rule<Planned, { node: string; device: string; first: string; second: string }> = {
  id: "P04",
  level: "error",
  *check({ topology, plan }) {
    for (const [index, second] of engines(plan).entries()) {
      for (const first of engines(plan).slice(0, index)) {
        const device = first.node === second.node ? second.devices.find((id) => first.devices.includes(id)) : undefined;
        if (device === undefined) continue;
        const pinned = topology.instances.find(
          ({ id, devices }) => devices !== undefined && (id === second.group || id === first.group),
        );
        const data = { node: second.node, device, first: first.id, second: second.id };
        yield {
          at: [...(pinned?.path ?? placeOf(topology, second)), "devices"],
          subject: `${second.id} on ${second.node}`,
          data,
        };
        break;
      }
    }
  },
  message: ({ node, device, first, second }) =>
    `device ${device} on ${node} is taken twice: by ${first} and by ${second}`,
  remedy: () => "devices: other ids, or leave it out on both for the next free ones",
};
