import { era } from "../../era.ts";
import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Rule } from "../../topology/rule.ts";
import { faulty, switches } from "./unfit.ts";

/** `use_ascend_direct` fails up to 8.3.RC1. Source: launch.md §6.1 row 13. */
const direct = { until: "8.2.9", since: "8.4" };

/** A07: a device whose link is down, or whose TLS switch differs from the others', answers no transfer. Source: launch.md §5.5, §10.6. */
export const a07: Rule<JudgedTopology, { node: string; fact: string; remedy: string }> = {
  id: "A07",
  level: "error",
  *check(judged) {
    for (const { at, node, device, fault } of faulty(judged, "ascend"))
      yield {
        at,
        subject: `${device} on ${node}`,
        data: {
          node,
          fact: `NPU ${device}: ${fault}`,
          remedy: `hccn_tool -i ${device} -link -g and npu-smi info on ${node}`,
        },
      };
    for (const { at, node, device, name, value, others } of switches(judged, "ascend"))
      yield {
        at,
        subject: `${device} on ${node}`,
        data: {
          node,
          fact: `NPU ${device}: ${name} switch is ${value}, and ${others} elsewhere`,
          remedy: `hccn_tool -i ${device} -${name} -s enable ${others} on ${node}, as root`,
        },
      };
    yield* tooOld(judged);
  },
  message: ({ node, fact }) => `${node} ${fact}`,
  remedy: ({ remedy }) => remedy,
};

function* tooOld({ topology, facts, plan }: JudgedTopology) {
  const { fields, path } = topology.kv.transfer;
  const asked = (["prefill", "decode"] as const).some((role) => {
    const extra = fields[role]["extra"];
    return (
      typeof extra === "object" && extra !== null && "use_ascend_direct" in extra && extra.use_ascend_direct === true
    );
  });
  for (const { node, versions } of asked && !plan.rehearsal ? facts : []) {
    const cann = versions["cann"];
    if (era(cann, direct) !== "old" && !/^8\.3\.RC1$/i.test(cann ?? "")) continue;
    yield {
      at: [...path, "extra", "use_ascend_direct"],
      subject: node,
      data: {
        node,
        fact: `CANN ${cann} has no working use_ascend_direct`,
        remedy: `a CANN after 8.3.RC1 on ${node}, or leave use_ascend_direct out`,
      },
    };
  }
}
