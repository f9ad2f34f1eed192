import type { FakeEngine } from "../engine.ts";
import { flagsAre, keysAre, paramsOf, rankOf, type Speech, sameId } from "./speech.ts";
import { asksPrefill } from "./ticket.ts";

const HOST = "10.9.8.7";
const SIDE_CHANNEL = 5600;
const asked = [
  "do_remote_decode",
  "do_remote_prefill",
  "remote_engine_id",
  "remote_host",
  "remote_port",
  "transfer_id",
];

/**
 * NIXL push, check C5: decode is told where prefill's rank listens. Prefill pairs what decode registers with what it has by the id of both requests,
 * so one that comes again gets the KV of another prompt. Source: vLLM 0.32, nixl/push_scheduler.py and push_worker.py.
 */
export const nixlPush: Speech = {
  config: { family: "nixl-push", kv_hold_seconds: 30 },
  target: (engine) => (engine.role === "prefill" ? { nixl: addressOf(engine) } : {}),
  *prefill(arrival) {
    yield* asksPrefill(arrival);
    yield* keysAre("C5", paramsOf(arrival), [...asked, "remote_block_ids"]);
    yield* arrival.cluster.registry.isNew(arrival.id);
  },
  *decode(arrival) {
    const params = paramsOf(arrival);
    yield* flagsAre("D1", params, "decode");
    yield* keysAre("C5", params, [...asked, "tp_size", "pp_size", "remote_request_id"]);
    if (typeof params?.["remote_request_id"] !== "string") yield ["C5", "remote_request_id is no text"];
  },
  ticket: ({ blocks, engineId, requestId }) =>
    `{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[[${blocks}]],"remote_engine_id":"${engineId}","remote_request_id":"${requestId}","remote_host":"${HOST}","remote_port":${SIDE_CHANNEL},"tp_size":2,"dcp_size":1,"pp_size":1,"remote_num_tokens":45,"transfer_mode":"push"}`,
  needsLength: false,
  sends: {
    meet: ({ id }) => id,
    pairsById: true,
    writes: "after",
    *pair(prefill, decode) {
      yield* sameId(prefill, decode);
      const [p, d] = [paramsOf(prefill), paramsOf(decode)];
      if (typeof p?.["transfer_id"] !== "string" || p["transfer_id"] !== d?.["transfer_id"])
        yield ["C5", `transfer ${p?.["transfer_id"]} at prefill, ${d?.["transfer_id"]} at decode`];
      const at = addressOf(prefill.engine);
      const rank = at.ranks[rankOf(prefill)];
      const told = [d?.["remote_engine_id"], d?.["remote_host"], d?.["remote_port"], d?.["tp_size"], d?.["pp_size"]];
      const real = [rank?.engine_id, at.host, rank?.port, at.tp_size, at.pp_size];
      if (JSON.stringify(told) !== JSON.stringify(real)) yield ["X6", `decode registers at ${told}, not at ${real}`];
    },
  },
};

const addressOf = ({ engineIds }: FakeEngine) => ({
  host: HOST,
  tp_size: 2,
  pp_size: 1,
  ranks: engineIds.map((engine_id, rank) => ({ engine_id, port: SIDE_CHANNEL + rank })),
});
