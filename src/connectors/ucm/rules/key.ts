import type { Rule } from "../../../topology/rule.ts";
import type { Instance, Topology } from "../../../topology/topology.ts";
import { argNumber, argText, hardwareOf, usesOf } from "../../pairs.ts";

/** Written, or what the accelerator takes when nothing is written; undefined: depends on the version. Source: launch.md §10.7, U04. */
export const blockSize = (topology: Topology, instance: Instance): number | undefined =>
  argNumber(instance, "block-size") ?? (hardwareOf(topology, instance) === "ascend" ? 128 : undefined);

const keyed: Readonly<Record<string, (topology: Topology, instance: Instance) => string>> = {
  "parallel.tp": (_, { engine }) => String(engine.parallel.tp),
  "args.dtype": (_, instance) => argText(instance, "dtype") ?? "unset",
  "args.block-size": (topology, instance) => String(blockSize(topology, instance) ?? "unset"),
};

/** U03: the name of a block is made of these; engines that differ in one never find each other's. Source: launch.md §3.8, key identity. */
export const u03: Rule<Topology, { key: string; found: string; first: string }> = {
  id: "U03",
  level: "error",
  *check(topology) {
    for (const { roles } of usesOf("ucm", topology)) {
      const [first, ...others] = topology.instances.filter(({ role }) => roles.includes(role));
      if (first === undefined) continue;
      for (const [key, read] of Object.entries(keyed)) {
        for (const other of others) {
          const [a, b] = [read(topology, first), read(topology, other)];
          if (a === b || (key === "args.dtype" && platforms(topology, [first, other]) > 1)) continue; // M07
          const data = { key, found: `${first.id} ${a}, ${other.id} ${b}`, first: a === "unset" ? b : a };
          yield { at: [...other.path, ...key.split(".")], subject: other.id, data };
        }
      }
    }
  },
  message: ({ key, found }) => `${name(key)} is part of the name of a KV block, and differs: ${found}`,
  remedy: ({ key, first }) => `${name(key)}: ${first} on every instance that shares the store`,
};

const platforms = (topology: Topology, instances: readonly Instance[]): number =>
  new Set(instances.map((each) => hardwareOf(topology, each))).size;

/** M07: auto is another type on another platform, and what was written as one cannot be read as the other. Source: launch.md §0, seed 002. */
export const m07: Rule<Topology, { found: string; first: string | undefined }> = {
  id: "M07",
  level: "error",
  *check(topology) {
    for (const { roles } of usesOf("ucm", topology)) {
      const users = topology.instances.filter(({ role }) => roles.includes(role));
      const types = users.map((each) => argText(each, "dtype") ?? "auto");
      const odd = users.find((_, index) => types[index] === "auto" || types[index] !== types[0]);
      if (odd === undefined || platforms(topology, users) < 2) continue;
      const found = users.map(({ id }, index) => `${id} ${types[index]}`).join(", ");
      const data = { found, first: types.find((type) => type !== "auto") };
      yield { at: [...odd.path, "args", "dtype"], data };
    }
  },
  message: ({ found }) => `KV is shared across platforms, and dtype is not one written type: ${found}`,
  remedy: ({ first }) => `engine.args.dtype: ${first ?? "bfloat16"}`,
};

const name = (key: string) => key.split(".").at(-1) ?? key;

/** U04: blocks of UCM's store are made for 128 tokens. Source: launch.md §10.7. */
export const u04: Rule<Topology, { instance: string; block: number | undefined }> = {
  id: "U04",
  level: "warning",
  *check(topology) {
    for (const { roles } of usesOf("ucm", topology)) {
      for (const instance of topology.instances.filter(({ role }) => roles.includes(role))) {
        const block = blockSize(topology, instance);
        if (block === 128 || (block === undefined && hardwareOf(topology, instance) === "cpu")) continue;
        const wrong = block !== undefined && block % 16 !== 0;
        const data = { instance: instance.id, block };
        yield {
          at: [...instance.path, "args", "block-size"],
          subject: instance.id,
          data,
          ...(wrong && { level: "error" as const }),
        };
      }
    }
  },
  message: ({ instance, block }) =>
    block === undefined
      ? `${instance} has no block-size, and UCM is validated with 128`
      : `${instance} has block-size ${block}, ${block % 16 === 0 ? "and UCM is validated with 128" : "which is no multiple of 16"}`,
  remedy: () => "args.block-size: 128",
};
