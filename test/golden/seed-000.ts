import { environment, type Row, type Waiting } from "./row.ts";
import * as block from "./seed-blocks.ts";

const both = ["cuda-gaudi-nixl", "cuda-gaudi-nixl-homogeneous"];
const [het, hom] = both.map((name) => [name]) as [string[], string[]];

const kv = (device: string, rest: object = {}) => ({
  kv_connector: "NixlConnector",
  kv_role: "kv_both",
  kv_buffer_device: device,
  ...rest,
  kv_connector_extra_config: { enforce_handshake_compat: false },
});
const UCX = "/tmp/ucx_install/lib /opt/nvidia/nvda_nixl/lib/x86_64-linux-gnu";
const proxy = { bind: "0.0.0.0", port: 8000, family: "relay", prefill_policy: "least_loaded", decode_policy: "least_loaded", max_concurrent: 4096, grace_seconds: 27, kv_hold_seconds: 480, targets: block.hetTargets };
const scratch = (service: string) => ({ VLLM_KV_CACHE_LAYOUT: "NHD", VLLM_RPC_BASE_PATH: `/tmp/pdctl-cuda-gaudi-nhd64-${service}` });

/** CUDA prefill and Gaudi decode over NIXL. Source: seed-lines.md §1. */
export const rows: readonly Row[] = [
  { line: "000 services", on: both, at: { P: { group: "prefill-0", node: "cuda-0", ip: "10.0.0.1", ranks: [0], devices: ["0"], listens: { http: [8100], side_channel: [5600] }, wave: 1 }, D: { group: "decode-0", node: "gaudi-0", ip: "10.0.0.2", ranks: [0], devices: ["0"], listens: { http: [8200], side_channel: [5600] }, wave: 1 }, proxy: { node: "gaudi-0", ip: "10.0.0.2", listens: { http: [8000] }, wave: 2 } } },
  { line: "000:1-7 CUDA prefills, Gaudi decodes", on: both, at: { P: { hardware: "cuda" }, D: { hardware: "gaudi" } } },
  { line: "000:7-8 the reverse direction", on: ["variants/het-swapped"], says: [["X01", "error"]] },
  { line: "000:7-8 the reverse direction, experimental", on: ["variants/het-swapped-experimental"], says: [["X01", "warning"]] },
  { line: "000:10,12-14 the running container", on: both, at: { E: { runtime: { kind: "docker", container: "nixl-dev" } } } },
  { line: "000:10,12-14 an image has the host's network and ipc", on: ["variants/het-images"], at: { E: { options: [["--network", "host"], ["--ipc", "host"], ["--privileged"]] } } },
  { line: "000:13,16-17 two images", on: ["variants/het-images"], at: { P: { runtime: { image: "nvcr.io/nvidia/cuda:12.8" } }, D: { runtime: { image: "vault.habana.ai/gaudi:1.21" } } } },
  { line: "000:13,16-17 no image in the container form", on: both, plan: { nowhere: ['"image"'] } },
  { line: "000:29-32,68,92 LD_LIBRARY_PATH of prefill", on: both, at: { P: { env: { LD_LIBRARY_PATH: `{prepend ${UCX}}` } } } },
  { line: "000:92 LD_LIBRARY_PATH of decode", on: both, at: { D: { env: { LD_LIBRARY_PATH: `{prepend ${UCX} /usr/lib/habanalabs}` } } } },
  { line: "000:33,67,91 UCX_MEMTYPE_CACHE", on: both, at: { E: { env: { UCX_MEMTYPE_CACHE: "0" } } } },
  { line: "000:38,40-44,54,78,102 three services", on: both, plan: { services: ["prefill-0-0", "decode-0-0", "proxy"] }, at: { E: { wave: 1 }, proxy: { wave: 2 } } },
  { line: "000:46-48,58,65,82,89 VLLM_KV_CACHE_LAYOUT heterogeneous", on: het, at: { P: { env: { VLLM_KV_CACHE_LAYOUT: "HND" } }, D: { env: { VLLM_KV_CACHE_LAYOUT: "NHD" } } } },
  { line: "000:46-48,58,65,82,89 VLLM_KV_CACHE_LAYOUT homogeneous", on: hom, at: { E: { env: { VLLM_KV_CACHE_LAYOUT: "NHD" } } } },
  { line: "000:49,61,74,85,98 block size heterogeneous", on: het, at: { P: { flags: { "--block-size": "16" } }, D: { flags: { "--block-size": "128" } } } },
  { line: "000:49,61,74,85,98 block size homogeneous", on: hom, at: { E: { flags: { "--block-size": "64" } } } },
  { line: "000:50-51,60,72,84,96 engine ports", on: both, at: { P: { flags: { "--port": "8100" } }, D: { flags: { "--port": "8200" } } } },
  { line: "000:52,110,113 proxy port", on: both, at: { proxy: { listens: { http: [8000] } } } },
  { line: "000:59,69,83,93 VLLM_NIXL_SIDE_CHANNEL_HOST", on: both, at: { P: { env: { VLLM_NIXL_SIDE_CHANNEL_HOST: "10.0.0.1" } }, D: { env: { VLLM_NIXL_SIDE_CHANNEL_HOST: "10.0.0.2" } } } },
  { line: "000:69,93 side-channel port made explicit", on: both, at: { P: { env: { VLLM_NIXL_SIDE_CHANNEL_PORT: "5600" }, listens: { http: [8100], side_channel: [5600] } }, D: { env: { VLLM_NIXL_SIDE_CHANNEL_PORT: "5600" }, listens: { http: [8200], side_channel: [5600] } } } },
  { line: "000:62,71,86,95 vllm serve Qwen/Qwen3-0.6B", on: both, at: { E: { head: ["vllm", "serve", "Qwen/Qwen3-0.6B"] } } },
  { line: "000:66 UCX_TLS of prefill", on: both, at: { P: { env: { UCX_TLS: "ib,rc,cuda_copy" } } } },
  { line: "000:90 UCX_TLS of decode", on: both, at: { D: { env: { UCX_TLS: "ib,rc,gaudi_gdr" } } } },
  { line: "000:90 without gaudi_gdr", on: ["variants/het-no-gdr"], says: [["X10", "error"]] },
  { line: "000:73,97 gpu-memory-utilization", on: both, at: { E: { flags: { "--gpu-memory-utilization": "0.8" } } } },
  { line: "000:75 kv config of prefill", on: both, at: { P: { flags: { "--kv-transfer-config": kv("cuda") } } } },
  { line: "000:99 kv config of decode, heterogeneous", on: het, at: { D: { flags: { "--kv-transfer-config": kv("hpu", { enable_permute_local_kv: true }) } } } },
  { line: "000:99 kv config of decode, homogeneous", on: hom, at: { D: { flags: { "--kv-transfer-config": kv("hpu") } } } },
  { line: "000:78-99 heterogeneous layout switches", on: het, at: { D: { env: { VLLM_HPU_HETERO_KV_LAYOUT: "true", PT_HPU_ENABLE_RESTORE_KV_LAYOUT: "1", VLLM_NIXL_DEVICE_TO_DEVICE: "1" } } } },
  { line: "000:78-99 homogeneous layout switches", on: hom, at: { D: { env: { VLLM_NIXL_DEVICE_TO_DEVICE: "1" }, unset: ["VLLM_HPU_HETERO_KV_LAYOUT", "PT_HPU_ENABLE_RESTORE_KV_LAYOUT"] } } },
  { line: "000:104-117 targets and family", on: both, at: { proxy: { proxy: { family: "relay", targets: block.hetTargets } } }, plan: { targets: block.hetTargets } },
  { line: "000:112 proxy bind", on: both, at: { proxy: { proxy: { bind: "0.0.0.0" } } } },
  { line: "000:120-122,124 homogeneous pair is validated", on: hom, silent: ["X05"] },
  { line: "000:125 heterogeneous pair is validated", on: het, silent: ["X04", "X05"] },
  { line: "000:127-140 smoke body", on: both, plan: { smoke: { path: "/v1/completions", body: { model: "Qwen/Qwen3-0.6B" } } } },
  { line: "000:132-136 smoke address", on: both, plan: { smoke: { url: "http://10.0.0.2:8000" } } },
  { line: "000:141 smoke prompt", on: both, plan: { smoke: { atLeastWords: 512 } } },
  { line: "000:142-144 max_tokens, temperature", on: both, plan: { smoke: { body: { model: "Qwen/Qwen3-0.6B", max_tokens: 100, temperature: 0 } } } },
  { line: "000:127-129 evidence", on: both, plan: { smoke: { proof: { rises: ["vllm:nixl_bytes_transferred_sum", 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}'], stays: ["vllm:nixl_num_failed_transfers_total"] } } } },
  { line: "000 complete argv, heterogeneous", on: het, at: { P: { completeArgv: block.hetP }, D: { completeArgv: block.hetD } } },
  { line: "000 complete argv, homogeneous", on: hom, at: { P: { completeArgv: block.homP }, D: { completeArgv: block.homD } } },
  { line: "000 complete env, heterogeneous", on: het, at: { P: { completeEnv: environment(block.hetPEnv) }, D: { completeEnv: environment(block.hetDEnv) } } },
  { line: "000 complete env, homogeneous", on: hom, at: { P: { completeEnv: environment(block.hetPEnv, scratch("prefill-0-0")) }, D: { completeEnv: environment(block.hetDEnv, { ...scratch("decode-0-0"), PT_HPU_ENABLE_RESTORE_KV_LAYOUT: undefined, VLLM_HPU_HETERO_KV_LAYOUT: undefined }) } } },
  { line: "000 no files on the engines", on: both, at: { E: { files: {} } } },
  { line: "000 proxy hold on a vLLM with leases", on: both, vllm: "0.29.0", at: { proxy: { proxy: { kv_hold_seconds: 30 } } } },
  { line: "000 complete proxy", on: both, at: { proxy: { completeProxy: proxy } } },
];

export const waiting: readonly Waiting[] = [
  { line: "000:10,12-14 container has host network, host ipc, privileged", why: "check (C01)" },
  { line: "000:19-27 UCX and NIXL are installed", why: "check" },
  { line: "000:36 vLLM and its plug-in", why: "check (M12, M13)" },
];
