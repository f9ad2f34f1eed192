import type { DeviceFact } from "../../../facts/facts.ts";
import { hardware } from "../../../hardware/index.ts";
import { grouped } from "../../../once.ts";
import type { Rule } from "../../../topology/rule.ts";
import { runs } from "../../../words/names.ts";
import { size } from "../../../words/numbers.ts";
import type { Service } from "../../plan.ts";
import type { Judged } from "../judged.ts";
import { type Answered, answers, instancePath, nodePath } from "./answers.ts";
import { othersOn } from "./others.ts";

const MIB = 2 ** 20;

const find = (devices: readonly DeviceFact[], id: string) =>
  devices.find((each) => each.id === id || (each.uuid !== undefined && each.uuid === id));

const used = (engines: readonly Service[]) => [...new Set(engines.flatMap(({ devices }) => devices))];

/** P03, against what is there: an instance cannot have more devices than the node's own tool lists. Source: launch.md §10.2. */
export const p03: Rule<Judged, { node: string; needs: number; has: number }> = {
  id: "P03",
  level: "error",
  *check(judged) {
    for (const { node, said, engines } of answers(judged)) {
      const [needs, has] = [used(engines).length, said.devices?.length];
      if (has === undefined || needs <= has) continue;
      yield {
        at: [...nodePath(judged.topology, node.name), "devices"],
        subject: node.name,
        data: { node: node.name, needs, has },
      };
    }
  },
  message: ({ node, needs, has }) => `the plan needs ${needs} devices on ${node}, which has ${has}`,
  remedy: ({ node, has }) =>
    has === 0
      ? `look at the driver of ${node}: its own tool lists no device`
      : [`devices: ${has} for this node, and a smaller tp or fewer instances`, "or another node"],
};

/** P05, against what is there: a device that is given to an engine exists. Source: launch.md §10.2. */
export const p05: Rule<Judged, { node: string; device: string; engine: string; list: string }> = {
  id: "P05",
  level: "error",
  *check(judged) {
    for (const { node, said, engines } of answers(judged)) {
      const { devices } = said;
      if (devices === undefined || used(engines).length > devices.length) continue; // P03
      const list = runs(devices.map(({ id }) => id));
      for (const engine of engines)
        for (const device of engine.devices.filter((id) => find(devices, id) === undefined))
          yield {
            at: [...nodePath(judged.topology, node.name), "devices"],
            subject: `${engine.id} on ${node.name}`,
            data: { node: node.name, device, engine: engine.id, list },
          };
    }
  },
  message: ({ node, device, engine, list }) => `${engine} has device ${device}, and ${node} has ${list}`,
  remedy: ({ list }) => `devices: ids out of ${list}`,
};

/** P20: the slowest rank sets the pace of its group, and the smallest memory its KV cache. Source: launch.md §10.2. */
export const p20: Rule<Judged, { group: string; found: string }> = {
  id: "P20",
  level: "warning",
  *check(judged) {
    const all = answers(judged);
    const rows = all.flatMap(({ node, said, engines }) => engines.map((engine) => ({ node, said, engine })));
    for (const [group, mine] of grouped(rows, ({ engine }) => engine.group)) {
      const kinds = new Map<string, string>();
      for (const { node, said, engine } of mine)
        for (const device of engine.devices.map((id) => find(said.devices ?? [], id)))
          if (device !== undefined && !kinds.has(kind(device))) kinds.set(kind(device), node.name);
      if (kinds.size < 2) continue;
      const found = [...kinds].map(([what, node]) => `${what} on ${node}`).join(", ");
      yield { at: [...instancePath(judged.topology, group), "nodes"], subject: group, data: { group, found } };
    }
  },
  message: ({ group, found }) => `${group} has devices of different kinds: ${found}`,
  remedy: () => "nodes: of one kind for each instance",
};

/** Rounded: two of a kind differ by some MiB. */
const kind = ({ name, totalMb }: DeviceFact) => `${name} ${Math.round(totalMb / 1024)} GiB`;

const IDLE = 0.05;

/** C13: memory of a device that somebody else has is missing for the KV cache. Source: launch.md §10.8, §5.1. */
export const c13: Rule<Judged, { node: string; device: string; held: string; engine: string }> = {
  id: "C13",
  level: "error",
  *check(judged) {
    for (const answered of answers(judged)) {
      for (const { device, engine, held } of busy(judged, answered)) {
        const { name } = answered.node;
        yield { at: nodePath(judged.topology, name), subject: name, data: { node: name, device, held, engine } };
      }
    }
  },
  message: ({ node, device, held }) => `${node} device ${device}: ${held}`,
  remedy: ({ engine, device }) => `end it, or give ${engine} another device than ${device}`,
};

function* busy(
  judged: Judged,
  { node, said: { devices = [] }, engines }: Answered,
): Iterable<{ device: string; engine: string; held: string }> {
  const idle = hardware.get(node.hardware)?.idleShare ?? IDLE;
  const named = new Set(othersOn(judged, node.name).flatMap((other) => other.devices)); // N14
  for (const engine of engines)
    for (const id of engine.devices) {
      const device = find(devices, id);
      if (device === undefined || named.has(id) || judged.ourDevices.has(`${node.name} ${id}`)) continue;
      if (device.totalMb === 0 || device.usedMb <= idle * device.totalMb) continue;
      yield { device: id, engine: engine.id, held: heldBy(device) };
    }
}

function heldBy({ usedMb, holders }: DeviceFact): string {
  const [most] = holders.toSorted((a, b) => b.usedMb - a.usedMb);
  const whole = size(usedMb * MIB);
  return most === undefined
    ? `${whole} in use, and the tool does not tell by whom`
    : `${whole} held by ${most.command} (pid ${most.pid})`;
}
