import { randomUUID } from "node:crypto";
import { Bug } from "../../errors.ts";
import type { Endpoint, Slot } from "../routing/endpoint.ts";
import { alone } from "./alone.ts";
import { decodeBody, prefillBody } from "./bodies.ts";
import type { Family } from "./family.ts";
import { refusesForcedTool } from "./forced-tool.ts";
import { handover } from "./handover.ts";

/**
 * MoRI-IO where prefill writes: both legs at once, each told where the other engine is; decode says which blocks it took, and prefill writes into
 * them layer by layer. The addresses stand in the parameters and not in the request's id, which clients see.
 * Source: proxy-protocols.md §E.4; vLLM 0.32, moriio_common.py `add_new_req`, moriio_connector.py and moriio_toy_proxy_server.py.
 */
export const moriioWrite: Family = async (legs) => {
  const answer = await legs.together(
    (p, d) => {
      const transfer_id = transfer();
      const shared = { remote_engine_id: null, remote_block_ids: null, transfer_id };
      const prefill = { do_remote_decode: true, do_remote_prefill: false, ...shared, ...peer(d.endpoint) };
      const rank = p.endpoint.slots.length > 1 ? { remote_dp_rank: p.index } : {};
      const decode = { do_remote_decode: false, do_remote_prefill: true, ...shared, ...peer(p.endpoint), ...rank };
      return {
        prefill: () => prefillBody(legs, { kv_transfer_params: JSON.stringify(prefill) }),
        decode: (to: Slot) => {
          if (to !== d) throw new Bug("prefill was told of another decode");
          return decodeBody(legs, { kv_transfer_params: JSON.stringify(decode) });
        },
      };
    },
    { writes: "during", prefillKnowsDecode: true },
  );
  return (await refusesForcedTool(legs, answer)) ? alone(legs, "forced_tool") : answer;
};

/** MoRI-IO where decode reads: prefill's answer says all, but for the name of the transfer. */
export const moriioRead: Family = (legs) => {
  const asked = { do_remote_decode: true, do_remote_prefill: false, remote_engine_id: null, remote_block_ids: null };
  return handover(legs, () => JSON.stringify({ ...asked, transfer_id: transfer() }));
};

const transfer = () => `tx-${randomUUID()}`; // MoRIIOConstants.TRANSFER_PREFIX

function peer({ target: { moriio }, url }: Endpoint) {
  if (!moriio) throw new Bug(`${url} has no moriio address`); // the config's reader demands it
  const { host, handshake_port, notify_port, tp_size, dp_size } = moriio;
  return {
    remote_host: host,
    remote_handshake_port: handshake_port,
    remote_notify_port: notify_port,
    remote_tp_size: tp_size,
    remote_dp_size: dp_size,
  };
}
