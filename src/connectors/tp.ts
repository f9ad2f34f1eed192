import type { Rule } from "../topology/rule.ts";
import type { Topology } from "../topology/topology.ts";
import { pairs } from "./pairs.ts";

/** A02 where either side may be the wider one. Source: vLLM 0.32, mooncake_connector.py; moriio_connector.py. */
export const divisible: Rule<Topology, { prefill: string; decode: string; p: number; d: number }> = {
  id: "A02",
  level: "error",
  *check(topology) {
    for (const [prefill, decode] of pairs(topology)) {
      const [p, d] = [prefill.engine.parallel.tp, decode.engine.parallel.tp];
      if (p % d === 0 || d % p === 0) continue;
      const data = { prefill: prefill.id, decode: decode.id, p, d };
      yield { at: [...decode.path, "parallel", "tp"], subject: `${prefill.id} and ${decode.id}`, data };
    }
  },
  message: ({ prefill, decode, p, d }) => `${prefill} has tp ${p} and ${decode} tp ${d}: one must divide the other`,
  remedy: ({ p }) => `decode.parallel.tp: ${p}, a divisor of it, or a multiple`,
};
