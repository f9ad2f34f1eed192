import { era } from "../../era.ts";
import type { Role } from "../../topology/topology.ts";
import type { Connector, EmitContext, KvTarget } from "../connector.ts";
import { causes } from "./causes.ts";
import { bothRoles, drift } from "./drift.ts";
import { type Fields, fields } from "./fields.ts";
import { gaudi, type NixlPair } from "./gaudi.ts";
import { lease } from "./lease.ts";
import { factsRules, modelRules, planRules, rules } from "./rules.ts";

const onHardware: ReadonlyMap<string, NixlPair> = new Map([["gaudi", gaudi]]);
const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** Where decode registers its blocks: an engine of several ranks puts each one's number behind its id. Source: vLLM 0.32, nixl/base_scheduler.py, v1/engine/core.py. */
function pushedFrom(
  { id, node, ranks, parallel: { tp, pp, dcp, dp } }: EmitContext<Fields, "side_channel">["engine"],
  { side_channel: { first } }: { readonly side_channel: { readonly first: number } },
): NonNullable<KvTarget["nixl"]> {
  const engineId = (rank: number) => (dp > 1 ? `${id}_dp${rank}` : id);
  const at = ranks.map((rank) => ({ engine_id: engineId(rank), port: first + rank }));
  return { host: node.ip, tp_size: Math.max(tp, dcp), pp_size: pp, ranks: at };
}

/** While the release is not known, or KV goes both ways, both. */
const roleOf = (role: Role, extra: Fields["extra"], vllm: string | undefined): string =>
  era(vllm, bothRoles) !== "new" || extra?.["bidirectional_kv_xfer"] === true
    ? "kv_both"
    : role === "prefill"
      ? "kv_producer"
      : "kv_consumer";

/** NixlConnector (RIXL on ROCm): decode pulls from prefill. Source: launch.md §3.2. */
export const nixl: Connector<Fields, "side_channel"> = {
  name: "nixl",
  fields,
  uses: ["transfer"],
  rules,
  planRules,
  modelRules,
  factsRules,
  drift,
  causes,
  asks: () => ({ modules: [["nixl", "nixl_rocm", "rixl"]] }),
  restartsPeers: true, // the peer's agent keeps the dead one's metadata
  managedEnv: new Map([
    ["VLLM_NIXL_SIDE_CHANNEL_HOST", "nodes[].ip"],
    ["VLLM_NIXL_SIDE_CHANNEL_PORT", "kv.transfer.side_channel_port"],
    ["VLLM_NIXL_ABORT_REQUEST_TIMEOUT", "kv.transfer.lease_seconds"],
  ]),
  // the whole group's span on every node: vLLM before #26338 binds base + rank·tp + tp_rank, later ones base + rank
  claims: ({ engine: { parallel } }, { side_channel_port: base }) => [
    {
      name: "side_channel",
      key: "side_channel_port",
      base,
      span: parallel.dp * parallel.tp,
      binds: ({ ranks, part }) => (part === undefined || part.index === 0 ? ranks : []), // the scheduler listens, on the first node
      purpose: "side_channel",
    },
  ],
  // UCX takes TCP beside RDMA unless it is told which transports to take
  kernelPorts: ({ UCX_TLS: transports }) => typeof transports !== "string" || /(^|,)(tcp|all)(,|$)/.test(transports),
  target: ({ engine, fields: wanted, grants }) =>
    wanted.mode === "push" && engine.role === "prefill" ? { nixl: pushedFrom(engine, grants) } : {},
  emit({ engine: { id, role, kvLayout, hardware, node }, fields: wanted, grants, peers, versions }) {
    const permutes = role === "decode" && kvLayout === "NHD" && peers.some((peer) => peer.kvLayout === "HND");
    const hold = lease(wanted.lease_seconds, versions.vllm);
    const extra = {
      ...(wanted.backends && { backends: wanted.backends }),
      ...(wanted.num_threads !== undefined && { num_threads: wanted.num_threads }),
      ...(wanted.enforce_handshake_compat !== undefined && {
        enforce_handshake_compat: wanted.enforce_handshake_compat,
      }),
      ...hold.extra,
      ...wanted.extra,
    };
    return {
      kv: {
        kv_connector: wanted.mode === "push" ? "NixlPushConnector" : "NixlConnector",
        ...(wanted.mode === "push" && { engine_id: id }), // the proxy has to know it before the first request
        kv_role: wanted.kv_role ?? roleOf(role, wanted.extra, versions.vllm),
        kv_buffer_device: wanted.kv_buffer_device ?? hardware.kvBufferDevices[0] ?? "cpu",
        ...(permutes && { enable_permute_local_kv: true }),
        ...(wanted.kv_load_failure_policy && { kv_load_failure_policy: wanted.kv_load_failure_policy }),
        ...(Object.keys(extra).length > 0 && { kv_connector_extra_config: extra }),
      },
      env: {
        VLLM_NIXL_SIDE_CHANNEL_HOST: node.ip,
        VLLM_NIXL_SIDE_CHANNEL_PORT: String(grants.side_channel.first),
        ...hold.env,
        ...onHardware.get(hardware.family)?.env({ permutes, lease: wanted.lease_seconds }),
      },
      files: [],
    };
  },
  shared: ({ lease_seconds, mode }, _topology, versions) => ({
    services: [],
    proxy: {
      family: mode === "push" ? "nixl-push" : "relay",
      kv_hold_seconds: lease(lease_seconds, versions.vllm).hold,
    },
    decodeAlone: true,
    proof: {
      rises: mode === "push" ? [external] : ["vllm:nixl_bytes_transferred_sum", external], // who writes counts the bytes
      tokens: external,
      stays: ["vllm:nixl_num_failed_transfers_total"],
    },
    reserves: () => [],
  }),
};
