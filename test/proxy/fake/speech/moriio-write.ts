import type { Arrival } from "../checks.ts";
import type { FakeEngine } from "../engine.ts";
import { flagsAre, keysAre, paramsOf, rankOf, type Speech, sameId } from "./speech.ts";

const peer = ["remote_host", "remote_handshake_port", "remote_notify_port", "remote_tp_size", "remote_dp_size"];
const asked = ["do_remote_decode", "do_remote_prefill", "remote_engine_id", "remote_block_ids", "transfer_id", ...peer];

/**
 * MoRI-IO where prefill writes while it computes: each is told where the other is, or the engine ends with an error. Source: vLLM 0.32,
 * moriio_common.py add_new_req.
 */
export const moriioWrite: Speech = {
  config: { family: "moriio-write", kv_hold_seconds: 60 },
  target: (engine) => ({ moriio: addressOf(engine) }),
  *prefill(arrival) {
    const params = paramsOf(arrival);
    yield* flagsAre("P1", params, "prefill");
    yield* keysAre("C4", params, asked);
    yield* unknownYet(params);
    yield* arrival.cluster.registry.isNew(String(params?.["transfer_id"]));
  },
  *decode(arrival) {
    const params = paramsOf(arrival);
    const ranks = Math.max(...arrival.cluster.role("prefill").map(({ dpSize }) => dpSize));
    yield* flagsAre("D1", params, "decode");
    yield* keysAre("C4", params, [...asked, ...(ranks > 1 ? ["remote_dp_rank"] : [])]);
    yield* unknownYet(params);
  },
  needsLength: true,
  sends: {
    meet: (arrival) => String(paramsOf(arrival)?.["transfer_id"]),
    writes: "during",
    *pair(prefill, decode) {
      yield* sameId(prefill, decode);
      yield* points(prefill, decode);
      yield* points(decode, prefill);
      const told = paramsOf(decode)?.["remote_dp_rank"] ?? 0;
      if (told !== rankOf(prefill)) yield ["X6", `decode tells rank ${told}, and prefill runs on ${rankOf(prefill)}`];
    },
  },
};

function* unknownYet(params: ReturnType<typeof paramsOf>): Generator<readonly [id: string, detail: string]> {
  for (const key of ["remote_engine_id", "remote_block_ids"]) if (params?.[key] !== null) yield ["P2", key];
}

/** One is told where the other is. */
function* points(from: Arrival, to: Arrival): Generator<readonly [id: string, detail: string]> {
  const told = peer.map((key) => paramsOf(from)?.[key]);
  const { host, handshake_port, notify_port, tp_size, dp_size } = addressOf(to.engine);
  const real = [host, handshake_port, notify_port, tp_size, dp_size];
  if (JSON.stringify(told) !== JSON.stringify(real)) yield ["C4", `${from.engine.role} is told ${told}, not ${real}`];
}

function addressOf({ role, dpSize, cluster, url }: FakeEngine) {
  const place = cluster.engines.findIndex((engine) => engine.url === url);
  return {
    host: `10.9.8.${place + 1}`,
    handshake_port: 6301,
    notify_port: 61005,
    tp_size: role === "prefill" ? 8 : 4,
    dp_size: dpSize,
  };
}
