import type { Topology } from "../../topology/topology.ts";
import type { Connector, SideService } from "../connector.ts";
import { causes } from "./causes.ts";
import { type Fields, fields } from "./fields.ts";
import { families, planRules, rules } from "./rules.ts";

const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/**
 * LMCacheConnectorV1: chunks of KV in memory, and in a store that all engines reach; as the only transfer, or as a cache beside another.
 * Source: launch.md §3.9; LMCache, lmcache/v1/config.py; vLLM 0.32, lmcache_connector.py.
 */
export const lmcache: Connector<Fields, never> = {
  name: "lmcache",
  hardware: families,
  fields,
  uses: ["transfer", "cache"],
  rules,
  planRules,
  causes,
  asks: () => ({ modules: [["lmcache"]] }),
  restartsPeers: false,
  managedEnv: new Map([
    ["LMCACHE_CONFIG_FILE", "kv.….config"],
    ["LMCACHE_REMOTE_URL", "kv.….remote_url"],
    ["LMCACHE_CHUNK_SIZE", "kv.….chunk_size"],
  ]),
  claims: () => [],
  emit({ engine, fields: wanted, services }) {
    const server = services["lmcache-server"];
    const url = server === undefined ? wanted.remote_url : `lm://${server.ip}:${server.port}`;
    return {
      kv: {
        kv_connector: "LMCacheConnectorV1",
        kv_role: wanted.kv_role,
        ...(wanted.kv_load_failure_policy && { kv_load_failure_policy: wanted.kv_load_failure_policy }),
        // the name of its sockets on the node: one for each instance, whose ranks add their own number
        kv_connector_extra_config: { lmcache_rpc_port: engine.id.replace(/-\d+$/, ""), ...wanted.extra },
      },
      env: { LMCACHE_CONFIG_FILE: { file: "lmcache.yaml" } },
      files: [
        {
          name: "lmcache.yaml",
          format: "yaml",
          value: {
            chunk_size: wanted.chunk_size,
            local_cpu: wanted.local_cpu,
            ...(wanted.max_local_cpu_size !== undefined && { max_local_cpu_size: wanted.max_local_cpu_size }),
            ...(url !== undefined && { remote_url: url, remote_serde: "naive" }),
            ...wanted.config,
          },
        },
      ],
    };
  },
  shared: ({ server }, topology) => ({
    services: server ? [lmcacheServer(server, topology)] : [],
    proxy: { family: "shared-store" },
    decodeAlone: true,
    proof: { rises: [external], tokens: external, stays: [], log: "LMCache hit tokens: [1-9]" },
    reserves: () => [],
  }),
};

/** It has no health page; its port answers once it may be used. */
function lmcacheServer({ node, venv, port, storage }: NonNullable<Fields["server"]>, { nodes }: Topology): SideService {
  const host = nodes.find(({ name }) => name === node)?.ip ?? node;
  return {
    name: "lmcache-server",
    node,
    argv: ["lmcache_server", "0.0.0.0", String(port), storage],
    ...(venv !== undefined && { venv }),
    env: {},
    listens: [{ port, purpose: "rpc" }],
    ready: [{ kind: "tcp", host, port }],
  };
}
