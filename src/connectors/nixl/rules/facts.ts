import type { JudgedTopology } from "../../../plan/facts/judged.ts";
import type { Rule } from "../../../topology/rule.ts";
import { answered } from "../../answered.ts";
import { hardwareOf } from "../../pairs.ts";

/** M06: the version is part of the hash that both sides compare at the first request. Source: launch.md §3.2, compat hash. */
export const m06: Rule<JudgedTopology, { prefill: string; p: string; decode: string; d: string }> = {
  id: "M06",
  level: "error",
  *check(judged) {
    const { topology } = judged;
    const { fields, path } = topology.kv.transfer;
    if (fields.prefill["enforce_handshake_compat"] === false && fields.decode["enforce_handshake_compat"] === false)
      return;
    const known = [...answered("nixl", judged)].flatMap(({ node, said, instances }) =>
      instances.flatMap((instance) => {
        const version = said.versions["vllm"];
        const hardware = hardwareOf(topology, instance);
        return version === undefined ? [] : [{ node, version, role: instance.role, hardware }];
      }),
    );
    for (const d of known.filter(({ role }) => role === "decode")) {
      const p = known.find(
        (each) => each.role === "prefill" && each.hardware === d.hardware && each.version !== d.version,
      );
      if (p === undefined) continue;
      yield {
        at: [...path, "connector"],
        subject: d.node,
        data: { prefill: p.node, p: p.version, decode: d.node, d: d.version },
      };
    }
  },
  message: ({ prefill, p, decode, d }) =>
    `vLLM is ${p} on ${prefill} and ${d} on ${decode}: NIXL refuses the handshake`,
  remedy: ({ p, d }) => [
    `one of ${p} and ${d} on all nodes`,
    "or kv.transfer.enforce_handshake_compat: false, when the two are known to agree",
  ],
};
