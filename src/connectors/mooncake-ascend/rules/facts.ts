import type { JudgedTopology } from "../../../plan/judged.ts";
import type { Rule } from "../../../topology/rule.ts";
import { size } from "../../../words/numbers.ts";
import { answered } from "../../answered.ts";

const GIB = 2 ** 30;
/** What the store takes for its own transfers when nothing is written. Source: launch.md §3.5. */
const LOCAL_BUFFER = GIB;

/** A08: every worker of an engine gives the store a segment of the node's memory. Only a store takes it: V1 never reads the file. Source: launch.md §3.5. */
export const a08: Rule<JudgedTopology, { node: string; needed: number; free: number }> = {
  id: "A08",
  level: "warning",
  *check(judged) {
    const { kv } = judged.topology;
    if (kv.cache === undefined || !/-store$/.test(kv.cache.connector)) return;
    for (const { node, said, instances } of answered("mooncake-ascend", judged)) {
      const free = said.limits?.memory?.available;
      const needed = instances.reduce((sum, { role, engine, nodes }) => {
        const json = kv.transfer.fields[role]["mooncake_json"];
        const { tp, pp, pcp, dp } = engine.parallel;
        return sum + ((tp * pp * pcp * dp) / Math.max(nodes.length, 1)) * perWorker(json);
      }, 0);
      if (free !== undefined && needed > free)
        yield {
          at: [...kv.transfer.path, "mooncake_json", "global_segment_size"],
          subject: node,
          data: { node, needed, free },
        };
    }
  },
  message: ({ node, needed, free }) =>
    `the store's segments need ${size(needed)} on ${node}, which has ${size(free)} of memory available`,
  remedy: () => "global_segment_size: a smaller one",
};

function perWorker(json: unknown): number {
  const fields: Readonly<Record<string, unknown>> = typeof json === "object" && json !== null ? { ...json } : {};
  return (bytes(fields["global_segment_size"]) ?? GIB) + (bytes(fields["local_buffer_size"]) ?? LOCAL_BUFFER);
}

/** `1GB`, `512MB`, or bytes. */
function bytes(value: unknown): number | undefined {
  const [, digits, unit = ""] = /^(\d+)\s*([KMGT]?)i?B?$/i.exec(String(value ?? "")) ?? [];
  const power = ["", "K", "M", "G", "T"].indexOf(unit.toUpperCase());
  return digits === undefined ? undefined : Number(digits) * 1024 ** power;
}
