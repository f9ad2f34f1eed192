import { once } from "node:events";
import { request } from "node:http";
import type { Arrival } from "../checks.ts";
import { rawOf } from "../raw-json.ts";
import { flagsAre, keysAre, paramsOf, type Speech, sameId } from "./speech.ts";

/** What each decode has said to the proxy, by the request it is for. */
const said = new WeakMap<Arrival, string>();

/**
 * Ascend's layerwise Mooncake, check C6: decode takes memory, calls the proxy with where that is, and prefill gets these very bytes.
 * Source: vllm-ascend, mooncake_layerwise_connector.py.
 */
export const layerwise: Speech = {
  config: { family: "layerwise", length_capped: true },
  *prefill(arrival) {
    const params = paramsOf(arrival);
    yield* flagsAre("P1", params, "prefill");
    if (!(Array.isArray(params?.["remote_block_ids"]) && params["remote_block_ids"].length > 0))
      yield ["C6", "prefill is not told where to write"];
  },
  *decode(arrival) {
    const params = paramsOf(arrival);
    yield* arrival.cluster.registry.isNew(arrival.id); // prefill's last word names the request by it
    yield* flagsAre("D1", params, "decode");
    yield* keysAre("C6", params, ["do_remote_decode", "do_remote_prefill", "metaserver"]);
  },
  needsLength: false,
  sends: {
    meet: ({ id }) => id,
    pairsById: true,
    writes: "during",
    *pair(prefill, decode) {
      yield* sameId(prefill, decode);
      const told = rawOf(prefill.members, "kv_transfer_params");
      if (told !== said.get(decode)) yield ["C6", `not the bytes that decode said: ${told}`];
    },
    async taken(decode) {
      const body = call(decode);
      said.set(decode, body);
      await decode.engine.callsAfter;
      const status = await post(String(paramsOf(decode)?.["metaserver"]), body);
      decode.engine.calls.push(status); // the connector itself looks at nothing but a lost connection
    },
  },
};

/** As update_state_after_alloc writes it, with what only a byte copy carries whole. */
function call({ id, req, engine }: Arrival): string {
  const engineId = req.url?.startsWith("/v1/chat") ? `chatcmpl-${id}` : `cmpl-${id}-0`;
  return `{"token_ids": [], "request_id": ${JSON.stringify(engineId)}, "do_remote_prefill": false, "do_remote_decode": true, "remote_block_ids": [[7, 8, 9]], "remote_block_size": [128], "remote_engine_id": "${engine.engineIds[0]}", "remote_host": "10.9.8.9", "remote_port": 28101, "remote_tp_size": 4, "remote_pcp_size": 1, "remote_dcp_size": 1, "remote_cached_tokens": 0, "x_fake_nonce": 9007199254740993, "x_ratio": 1.0}`;
}

/** Three tries for a connection; the answer has no time limit. */
async function post(url: string, body: string): Promise<number | "lost"> {
  for (let left = 3; left > 0; left--)
    try {
      const req = request(url, { method: "POST", headers: { "content-type": "application/json" }, agent: false });
      req.end(body);
      const [res] = await once(req, "response");
      res.resume();
      await once(res, "end");
      return res.statusCode;
    } catch {
      // tried again, as the connector does
    }
  return "lost";
}
