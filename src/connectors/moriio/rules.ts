import type { AnyRule, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { runsOn } from "../hardware.ts";
import { speaks } from "../proxies.ts";
import { divisible } from "../tp.ts";
import { reads } from "./fields.ts";

/** Accelerators that MoRI runs on. Source: launch.md §2.1. */
export const families: readonly string[] = ["rocm"];

/** P13: where its ports would meet, as a worker's is base + rank + tp rank, whatever the other size. Source: vLLM 0.32, moriio_common.py, get_port_offset. */
const p13: Rule<Topology, { instance: string; what: string; remedy: string }> = {
  id: "P13",
  level: "error",
  *check({ instances }) {
    for (const { id, engine, nodes, path } of instances) {
      const { tp, pp, dp, dpLb } = engine.parallel;
      if (pp > 1)
        yield {
          at: [...path, "parallel", "pp"],
          subject: id,
          data: { instance: id, what: `pp ${pp}`, remedy: "pp: 1" },
        };
      else if (dp > 1 && tp > 1 && dpLb !== "external")
        yield {
          at: [...path, "parallel", "dp"],
          subject: id,
          data: { instance: id, what: `dp ${dp} with tp ${tp}`, remedy: "dp_lb: external, or tp: 1" },
        };
      else if (nodes.length > 1)
        yield {
          at: [...path, "nodes"],
          subject: id,
          data: {
            instance: id,
            what: `${nodes.length} nodes`,
            remedy: `instances: ${nodes.length}, each on a node of its own`,
          },
        };
    }
  },
  message: ({ instance, what }) => `${instance} has ${what}, which moriio's ports do not tell apart`,
  remedy: ({ remedy }) => remedy,
};

/** R11: a decode that reads takes every prompt for one that was prefilled elsewhere, and answers nonsense to others. Source: proxy-protocols.md §E.4 */
const r11: Rule<Topology, { key: string }> = {
  id: "R11",
  level: "error",
  *check({ kv, proxy }) {
    const { connector, fields } = kv.transfer;
    if (connector !== "moriio" || proxy.kind !== "pdctl" || !reads(fields.prefill)) return;
    if (proxy.pdMinPromptTokens !== undefined)
      yield { at: [...proxy.path, "pd_min_prompt_tokens"], data: { key: "pd_min_prompt_tokens" } };
    for (const key of ["on_missing_kv", "on_prefill_down", "on_prefill_saturated"] as const)
      if (proxy.serving[key] === "decode-only") yield { at: [...proxy.path, "serving", key], data: { key } };
  },
  message: ({ key }) => `${key} sends requests to decode alone, and moriio's decode cannot serve them in read_mode`,
  remedy: ({ key }) => [`leave ${key} out`, "or read_mode: false"],
};

export const rules: readonly AnyRule<Topology>[] = [speaks("moriio"), runsOn("moriio", families), divisible, p13, r11];
