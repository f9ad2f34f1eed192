import { flagsAre, keysAre, paramsOf, rankOf, type Speech, sameId } from "./speech.ts";

/**
 * Upstream Mooncake, check C4: both are told the name of the transfer, decode also which rank of which prefill has it. What is not told ends in an
 * assertion, a KeyError or a wait of eight minutes. Source: vLLM 0.32, mooncake_connector.py.
 */
export const mooncake: Speech = {
  config: { family: "mooncake", kv_hold_seconds: 480 },
  target: ({ role, bootstrapUrl }) => (role === "prefill" ? { bootstrap_url: bootstrapUrl } : {}),
  *prefill(arrival) {
    const params = paramsOf(arrival);
    yield* flagsAre("P1", params, "prefill");
    yield* keysAre("C4", params, ["do_remote_decode", "do_remote_prefill", "transfer_id"]);
    yield* arrival.cluster.registry.isNew(String(params?.["transfer_id"]));
  },
  *decode(arrival) {
    const params = paramsOf(arrival);
    yield* flagsAre("D1", params, "decode");
    const at = ["remote_bootstrap_addr", "remote_engine_id"];
    yield* keysAre("C4", params, ["do_remote_decode", "do_remote_prefill", "transfer_id", ...at]);
    const { cluster } = arrival;
    const asked = cluster
      .role("prefill")
      .find(({ bootstrapUrl }) => bootstrapUrl === params?.["remote_bootstrap_addr"]);
    if (!asked) yield ["D2", `no bootstrap server at ${params?.["remote_bootstrap_addr"]}`];
    else if (!asked.engineIds.includes(String(params?.["remote_engine_id"])))
      yield ["D2", `no engine ${params?.["remote_engine_id"]} there`];
  },
  needsLength: true,
  sends: {
    meet: (arrival) => String(paramsOf(arrival)?.["transfer_id"]),
    writes: "after",
    *pair(prefill, decode) {
      yield* sameId(prefill, decode);
      const engineId = prefill.engine.engineIds[rankOf(prefill)];
      const told = paramsOf(decode)?.["remote_engine_id"];
      if (told !== engineId) yield ["X6", `decode asks ${told}, and prefill runs on ${engineId}`];
    },
  },
};
