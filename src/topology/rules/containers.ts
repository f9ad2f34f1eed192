import { hardware } from "../../hardware/index.ts";
import type { Path, Rule } from "../rule.ts";
import type { Instance, Topology } from "../topology.ts";

interface Option {
  readonly name: string;
  readonly value: string;
  readonly at: Path;
}

/** The options of a container as pairs, in both spellings: `--net bridge` and `--net=bridge`. */
function* options({ engine: { runtime }, path }: Instance): Iterable<Option> {
  const words = "image" in runtime ? runtime.options : [];
  for (const [index, word] of words.entries()) {
    const [, name, inline] = /^(--?[A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name !== undefined)
      yield { name, value: inline ?? words[index + 1] ?? "", at: [...path, "runtime", "options", index] };
  }
}

/** C01: side channels, RDMA and ports that the kernel chooses need the host's own network. Source: launch.md §8.2, §10.8. */
export const c01: Rule<Topology, { instance: string; what: string }> = {
  id: "C01",
  level: "error",
  *check({ instances }) {
    for (const instance of instances)
      for (const { name, value, at } of options(instance)) {
        const network = /^--net(work)?$/.test(name) && value !== "host";
        if (network || /^(-p|-P|--publish|--publish-all)$/.test(name))
          yield {
            at,
            subject: instance.id,
            data: { instance: instance.id, what: network ? `network ${value}` : name },
          };
      }
  },
  message: ({ instance, what }) => `${instance} would run with ${what}, and needs the host's network`,
  remedy: () => "leave it out of runtime.options: pdctl gives every container the host's network",
};

/** C03: ids begin at 0 again inside a container that was given some devices, and the engine's variable counts from there. Source: launch.md §8.2. */
export const c03: Rule<Topology, { instance: string; option: string }> = {
  id: "C03",
  level: "error",
  *check({ instances, nodes }) {
    const byName = new Map(nodes.map((node) => [node.name, node]));
    for (const instance of instances) {
      const accelerator = hardware.get(byName.get(instance.nodes[0] ?? "")?.hardware ?? "none");
      const variables = [
        accelerator?.visibility ?? [],
        accelerator?.alsoVisibility ?? [],
        "NVIDIA_VISIBLE_DEVICES",
      ].flat();
      for (const { name, value, at } of options(instance))
        if (subset(name, value, variables))
          yield { at, subject: instance.id, data: { instance: instance.id, option: `${name} ${value}` } };
    }
  },
  message: ({ instance, option }) => `${instance} would have ${option}, and its devices are chosen by variable already`,
  remedy: () => "leave it out of runtime.options; devices: of the instance chooses",
};

function subset(name: string, value: string, variables: readonly string[]): boolean {
  if (name === "--gpus") return value !== "all";
  if (name === "--device") return /^[\w.]+\/[\w-]+=(?!all)/.test(value); // a CDI name
  const [variable = "", ids = ""] = value.split("=");
  return /^(-e|--env)$/.test(name) && variables.includes(variable) && !/^(all|void|)$/.test(ids);
}
