import type { Rule } from "../../../topology/rule.ts";
import type { Modelled } from "../../../topology/rules/modelled.ts";
import { pairs, userEnv } from "../../pairs.ts";

/** X11: the state of a hybrid model is moved whole, so both sides cut it alike. Source: launch.md §3.2, Mamba row. */
export const x11: Rule<Modelled, { what: string; remedy: string }> = {
  id: "X11",
  level: "error",
  *check({ topology, model }) {
    if (model.stateLayers === 0) return;
    const name = model.architectures[0] ?? model.modelType;
    for (const [p, d] of pairs(topology)) {
      const [prefill, decode] = [p.engine.parallel.tp, d.engine.parallel.tp];
      if (prefill === decode) continue;
      yield {
        at: [...d.path, "parallel", "tp"],
        subject: `${p.id} and ${d.id}`,
        data: {
          what: `${name} keeps a state beside its KV, which ${p.id} with tp ${prefill} and ${d.id} with tp ${decode} cut differently`,
          remedy: `tp: ${prefill} on both sides`,
        },
      };
    }
    for (const instance of topology.instances.filter(({ engine }) => engine.kind === "vllm")) {
      const set = [...userEnv(topology, instance, LAYOUT)];
      const odd = set.find(({ value }) => value !== "DS");
      if (set.length === instance.nodes.length && odd === undefined) continue;
      yield {
        at: odd?.at ?? [...instance.path, "env"],
        subject: instance.id,
        data: {
          what: `${name} keeps a state beside its KV, and ${instance.id} has no ${LAYOUT}=DS, which NIXL needs to move it`,
          remedy: `engine.env: { ${LAYOUT}: DS }`,
        },
      };
    }
  },
  message: ({ what }) => what,
  remedy: ({ remedy }) => remedy,
};

const LAYOUT = "VLLM_SSM_CONV_STATE_LAYOUT";
