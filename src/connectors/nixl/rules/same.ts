import type { Path, Rule } from "../../../topology/rule.ts";
import type { Instance, Topology } from "../../../topology/topology.ts";
import { argText, hardwareOf, pairs, userEnv } from "../../pairs.ts";
import { speculative } from "../../speculative.ts";

/** M11: both sides of NIXL draft with one method, or with none; the number of tokens may differ. Source: launch.md §3.2. */
export const m11: Rule<Topology, { prefill: string; p: string; decode: string; d: string }> = {
  id: "M11",
  level: "error",
  *check(topology) {
    for (const [prefill, decode] of pairs(topology)) {
      const [p, d] = [method(prefill), method(decode)];
      if (p === d) continue;
      const holder = p === "none" ? decode : prefill;
      const data = { prefill: prefill.id, p, decode: decode.id, d };
      yield { at: [...holder.path, "args", "speculative-config"], subject: `${prefill.id} and ${decode.id}`, data };
    }
  },
  message: ({ prefill, p, decode, d }) =>
    `speculative method is ${p} for ${prefill} and ${d} for ${decode}: the handshake fails`,
  remedy: () => "engine.args.speculative-config: one method, for both roles",
};

const method = (instance: Instance) => {
  const config = speculative(instance);
  return config === undefined ? "none" : (config.method ?? "the draft model's");
};

/** M14: the attention backend is part of the compatibility hash. Source: launch.md §3.2, §10.4. */
export const m14: Rule<Topology, { prefill: string; p: string; decode: string; d: string }> = {
  id: "M14",
  level: "warning",
  *check(topology) {
    const { fields } = topology.kv.transfer;
    if (fields.prefill["enforce_handshake_compat"] === false && fields.decode["enforce_handshake_compat"] === false)
      return;
    for (const [prefill, decode] of pairs(topology)) {
      if (hardwareOf(topology, prefill) !== hardwareOf(topology, decode)) continue; // X06
      const [p, d] = [backend(topology, prefill), backend(topology, decode)];
      if (p?.value === d?.value) continue;
      yield {
        at: (d ?? p)?.at ?? decode.path,
        subject: `${prefill.id} and ${decode.id}`,
        data: {
          prefill: prefill.id,
          p: p?.value ?? "chosen by vLLM",
          decode: decode.id,
          d: d?.value ?? "chosen by vLLM",
        },
      };
    }
  },
  message: ({ prefill, p, decode, d }) =>
    `attention backend is ${p} for ${prefill} and ${d} for ${decode}, and the handshake compares it`,
  remedy: ({ p, d }) => [
    `engine.args.attention-backend: ${p === "chosen by vLLM" ? d : p}, for both roles`,
    "or kv.transfer.enforce_handshake_compat: false",
  ],
};

function backend(topology: Topology, instance: Instance): { value: string; at: Path } | undefined {
  const value = argText(instance, "attention-backend");
  if (value !== undefined) return { value, at: [...instance.path, "args", "attention-backend"] };
  for (const { value: text, at } of userEnv(topology, instance, "VLLM_ATTENTION_BACKEND"))
    if (typeof text === "string") return { value: text, at };
  return undefined;
}
