import type { Rule } from "../../../topology/rule.ts";
import type { Modelled } from "../../../topology/rules/modelled.ts";
import { pairs } from "../../pairs.ts";

/** A02 for a model with a state beside its KV: variant hybrid moves it whole. Source: vllm-ascend, mooncake_hybrid_connector.py. */
export const a02State: Rule<Modelled, { model: string; prefill: string; decode: string; p: number; d: number }> = {
  id: "A02",
  level: "error",
  *check({ topology, model }) {
    const { fields } = topology.kv.transfer;
    if (model.stateLayers === 0 || fields.prefill["variant"] !== "hybrid") return;
    for (const [prefill, decode] of pairs(topology)) {
      const [p, d] = [prefill.engine.parallel.tp, decode.engine.parallel.tp];
      if (p === d || p % d !== 0) continue; // what does not divide has been said
      const name = model.architectures[0] ?? model.modelType;
      const data = { model: name, prefill: prefill.id, decode: decode.id, p, d };
      yield { at: [...decode.path, "parallel", "tp"], subject: `${prefill.id} and ${decode.id}`, data };
    }
  },
  message: ({ model, prefill, decode, p, d }) =>
    `${model} keeps a state beside its KV, which ${prefill} with tp ${p} and ${decode} with tp ${d} cut differently`,
  remedy: ({ p }) => `tp: ${p} on both sides`,
};
