import type { Arrival, Check } from "../checks.ts";
import { rawOf } from "../raw-json.ts";
import { flagsAre, type Holder, paramsOf, type Speech } from "./speech.ts";

const HANDOFF_MS = 5_000; // proxy-protocols.md §3.0, far below any lease

/** P1, P2: prefill is told that another engine decodes, and nothing of where KV is. */
export const asksPrefill: Check = function* (arrival) {
  const params = paramsOf(arrival);
  if (params?.["do_remote_decode"] !== true || params["do_remote_prefill"] === true)
    yield ["P1", `kv_transfer_params ${JSON.stringify(params)}`];
  for (const key of ["remote_engine_id", "remote_block_ids", "remote_host", "remote_port"])
    if ((params?.[key] ?? null) !== null) yield ["P2", key];
};

/** D1 to D5, D10 to D12: the ticket is prefill's, to the byte, and good. */
export const bringsTicket: Check = function* (arrival) {
  const ticket = rawOf(arrival.members, "kv_transfer_params");
  const params = paramsOf(arrival);
  if (params?.["do_remote_prefill"] !== true || params["do_remote_decode"] === true) {
    yield ["D1", `kv_transfer_params ${ticket}`];
    return;
  }
  const handle = arrival.cluster.registry.find(params["remote_request_id"] ?? params["transfer_id"]);
  if (!handle || params["remote_engine_id"] !== handle.engineId || !params["remote_host"] || !portOf(params)) {
    yield ["D2", "no such KV"];
    return;
  }
  if (!handle.requestId.startsWith(`cmpl-${arrival.id}-0`))
    yield ["X1", `${arrival.id} at decode, KV of ${handle.requestId}`];
  const blocks = JSON.stringify(params["remote_block_ids"]);
  if (![JSON.stringify(handle.blocks), JSON.stringify([handle.blocks])].includes(blocks)) yield ["D3", "other blocks"];
  if (ticket !== expected(arrival, handle.ticket)) yield ["D4", `not the bytes that prefill wrote: ${ticket}`];
  if (handle.state === "running") yield ["D10", "decode before prefill had answered"];
  else if (handle.state !== "pinned") yield [handle.state === "expired" ? "D5-expired" : "D5-reused", handle.state];
  if (performance.now() - handle.pinnedAt > HANDOFF_MS) yield ["D11", "too late"];
  if (handle.dispatches > 0) yield ["D12", "the same ticket twice"];
};

const portOf = (params: Readonly<Record<string, unknown>>) => params["remote_port"] ?? params["remote_notify_port"];

/** With another host, where the proxy is to name one, and else as it was written. */
const expected = ({ cluster: { remoteHost } }: Arrival, ticket: string) =>
  remoteHost === undefined ? ticket : ticket.replace('"remote_host":"10.9.8.7"', `"remote_host":"${remoteHost}"`);

/** What only a byte copy carries whole: an integer beyond 2^53, `1.0`, spaces, a key of tomorrow. */
const STRANGE =
  '"x_fake_nonce":9007199254740993,"x_ratio":1.0,"x_text":"\\u00e9<&>","bootstrap_room":9223372036854775807';

/** NIXL's, blocks by KV cache group. */
const nixlTicket = ({ blocks, engineId, requestId }: Holder) =>
  `{"do_remote_prefill": true,"do_remote_decode":false,"remote_block_ids":[[${blocks}]],"remote_engine_id":"${engineId}","remote_request_id":"${requestId}","remote_host":"10.9.8.7","remote_port":5600,  "tp_size":2,${STRANGE},"remote_multi_nodes_meta_mapping":{"0":{"host":"10.9.8.7"}}}`;

/** NIXL on CUDA and ROCm. */
export const nixl: Speech = {
  config: { family: "relay", kv_hold_seconds: 30 },
  prefill: asksPrefill,
  decode: bringsTicket,
  ticket: nixlTicket,
  needsLength: false,
};

/** Gaudi's, without staging: one flat list of blocks, and KV only where prefill ended by length. Check C2. */
export const gaudi: Speech = {
  ...nixl,
  config: { family: "relay", kv_hold_seconds: 30, length_capped: true },
  ticket: (holder) => nixlTicket(holder).replace(`[[${holder.blocks}]]`, `[${holder.blocks}]`),
  needsLength: true,
};

/** Ascend's MooncakeConnectorV1, as its request_finished writes it; the map of nodes is nested, and the token a number. Check C1. */
export const mooncakeAscend: Speech = {
  ...gaudi,
  ticket: ({ blocks, engineId, requestId }) =>
    `{"do_remote_prefill":true, "do_remote_decode":false,"remote_block_ids":[[${blocks}]],"remote_engine_id":"${engineId}","remote_request_id":"${requestId}","remote_host":"10.9.8.7","remote_port":28001,"remote_pcp_size":1,"remote_dcp_size":1,"remote_ptp_size":8,"last_token_id":151645,"remote_multi_nodes_meta_mapping":{"0": {"host":"10.9.8.7","engine_id":"${engineId}","handshake_port":28001},"1":{"host":"10.9.8.8","engine_id":"${engineId}", "te_rpc_port":[15001,15002]}},"num_prompt_blocks":${blocks.length},"remote_block_size":[128],${STRANGE}}`,
};

/** MoRI-IO where decode reads: the ticket has the transfer's name, which prefill was given. Source: vLLM 0.32, moriio_connector.py request_finished. */
export const moriioRead: Speech = {
  config: { family: "moriio-read", kv_hold_seconds: 60 },
  prefill: function* (arrival) {
    yield* asksPrefill(arrival);
    const transfer = paramsOf(arrival)?.["transfer_id"];
    if (typeof transfer !== "string" || !transfer.startsWith("tx-")) yield ["P1", `transfer_id ${transfer}`];
    else yield* arrival.cluster.registry.isNew(transfer);
  },
  decode: function* (arrival) {
    yield* flagsAre("D1", paramsOf(arrival), "decode");
    yield* bringsTicket(arrival);
  },
  ticket: ({ blocks, engineId, arrival }) =>
    `{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[[${blocks}]],"remote_engine_id":"${engineId}","remote_host":"10.9.8.7","remote_handshake_port":6301,"remote_notify_port":61005,"remote_dp_rank":0,"remote_dp_rank_override":true,"remote_dp_size":1,"remote_dp_size_local":1,"tp_size":8,"transfer_id":${JSON.stringify(paramsOf(arrival)?.["transfer_id"])}}`,
  needsLength: true,
};
