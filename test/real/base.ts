import type { HostSpec } from "../hosts/spec.ts";
import { models, venv } from "./place.ts";

/** What every topology of real engines on test hosts starts from; each test says who prefills and who decodes. */
export const base = (hosts: readonly HostSpec[]): string => `\
version: 1
name: base
model: { path: ${models.dense}, served_name: tiny, kind: dense }
nodes:
${hosts.map(({ name, ip }) => `  - { name: ${name}, host: ${ip}, nic: eth0, hardware: cpu, devices: 2 }\n`).join("")}\
kv:
  transfer:
    connector: nixl
    lease_seconds: 120                    # a machine with much to do moves KV slowly
    prefill: { kv_role: kv_producer }
    decode: { kv_role: kv_consumer }
engine:
  venv: ${venv}
  args: { block-size: 32, distributed-executor-backend: uni, enforce-eager: true, max-model-len: 2048 }
  env:
    VLLM_ENABLE_V1_MULTIPROCESSING: "0"   # without it a CPU takes workers of their own, in spite of uni
    VLLM_CPU_OMP_THREADS_BIND: nobind     # all hosts share the cores
    OMP_NUM_THREADS: "1"
    VLLM_CPU_KVCACHE_SPACE: "1"           # GiB
    UCX_NET_DEVICES: eth0
    HF_HUB_OFFLINE: "1"
    TRANSFORMERS_OFFLINE: "1"
    VLLM_NO_USAGE_STATS: "1"
prefill: { port: 8100 }
decode: { port: 8200 }
proxy: { node: n0, port: 8000 }
timeouts: { ready: 6m }
`;
