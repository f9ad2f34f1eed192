import { grouped } from "../../once.ts";
import type { Rule } from "../../topology/rule.ts";
import { engines, instanceOf, type Planned, placeOf } from "./command-line.ts";

/** P04: a device belongs to one engine. Source: launch.md §1.6. */
export const p04: Rule<Planned, { node: string; device: string; first: string; second: string }> = {
  id: "P04",
  level: "error",
  *check({ topology, plan }) {
    for (const here of grouped(engines(plan), ({ node }) => node).values()) {
      const holders = new Map<string, (typeof here)[number]>();
      for (const second of here) {
        const device = second.devices.find((id) => holders.has(id));
        const first = holders.get(device ?? "");
        for (const id of second.devices) if (!holders.has(id)) holders.set(id, second);
        if (device === undefined || first === undefined) continue;
        const pinned = [first, second].map(({ group }) => instanceOf(topology, group)).find((one) => one?.devices);
        yield {
          at: [...(pinned?.path ?? placeOf(topology, second)), "devices"],
          subject: `${second.id} on ${second.node}`,
          data: { node: second.node, device, first: first.id, second: second.id },
        };
      }
    }
  },
  message: ({ node, device, first, second }) =>
    `device ${device} on ${node} is taken twice: by ${first} and by ${second}`,
  remedy: () => "devices: other ids, or leave it out on both for the next free ones",
};
