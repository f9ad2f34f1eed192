import type { Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";

/** C06: two variables that choose devices make vLLM end when they differ; pdctl writes the one. Source: launch.md §1.6, §10.8. */
export const c06: Rule<Topology, { instance: string; name: string }> = {
  id: "C06",
  level: "error",
  *check({ instances, nodes }) {
    const boxes = nodes.filter(({ family, hardware }) => (family ?? hardware) === "rocm").map(({ name }) => name);
    for (const { id, engine, nodes: names, path } of instances) {
      if (!names.some((name) => boxes.includes(name))) continue;
      const [, name] = /(?:^|[\s;&])(?:export\s+)?((?:CUDA|ROCR)_VISIBLE_DEVICES)=/m.exec(engine.prelude ?? "") ?? [];
      if (name !== undefined) yield { at: [...path, "prelude"], subject: id, data: { instance: id, name } };
    }
  },
  message: ({ instance, name }) =>
    `${instance} would have ${name} beside HIP_VISIBLE_DEVICES, which chooses its devices`,
  remedy: ({ name }) => [`take ${name} out of prelude`, "devices: of the instance chooses"],
};
