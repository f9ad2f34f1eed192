import { environment, type Holds, type Row, type Waiting, withFlags } from "./row.ts";
import * as block from "./seed-blocks.ts";

const on = ["gb200-deepseek-nixl"];
const model = "nvidia/DeepSeek-R1-0528-FP4-v2";
const nic = "enP22p3s0f1np1";

/** engine → node, first rank, address of rank 0 */
const engines = [
  ["prefill-0-0", "gb0", "10.0.1.10", 0, "10.0.1.10"],
  ["prefill-0-1", "gb1", "10.0.1.11", 4, "10.0.1.10"],
  ["prefill-1-0", "gb2", "10.0.1.12", 0, "10.0.1.12"],
  ["prefill-1-1", "gb3", "10.0.1.13", 4, "10.0.1.12"],
  ["decode-0-0", "gb4", "10.0.1.14", 0, "10.0.1.14"],
  ["decode-0-1", "gb5", "10.0.1.15", 4, "10.0.1.14"],
] as const;
const each = (holds: (engine: (typeof engines)[number]) => Holds): Record<string, Holds> => Object.fromEntries(engines.map((engine) => [engine[0], holds(engine)]));
const env = (line: string, name: string, value: string): Row => ({ line: `${line} ${name}`, on, at: { E: { env: { [name]: value } } } });
const flag = (line: string, name: string, value: unknown, at = "E"): Row => ({ line: `${line} ${name}`, on, at: { [at]: { flags: { [name]: value } } } });

const passes = { fuse_attn_quant: true, fuse_allreduce_rms: true, eliminate_noops: true };
const ops = ["+quant_fp8", "+rms_norm", "+rotary_embedding"];
const kv = { kv_connector: "NixlConnector", kv_role: "kv_both", kv_buffer_device: "cuda", kv_load_failure_policy: "fail", kv_connector_extra_config: { kv_lease_duration: 300 } };
const proxy = { bind: "0.0.0.0", port: 8123, family: "relay", prefill_policy: "round_robin", decode_policy: "round_robin", max_concurrent: 9216, grace_seconds: 27, kv_hold_seconds: 300, targets: block.gbTargets };
const benchFlags = { "--dataset-name": "random", "--ignore-eos": true, "--num-prompts": "5120", "--max-concurrency": "2048", "--random-input-len": "4096", "--random-output-len": "2048", "--ready-check-timeout-sec": "0" };

/** DeepSeek-R1 on GB200 over NIXL, hybrid load balancing. Source: seed-lines.md §2. */
export const rows: readonly Row[] = [
  { line: "001 services", on, at: { ...each(([, node, ip, first]) => ({ node, ip, ranks: [0, 1, 2, 3].map((index) => first + index), devices: ["0", "1", "2", "3"], wave: 1, listens: { http: [8087], side_channel: [0, 1, 2, 3].map((index) => 5600 + first + index), ...(first === 0 && { dp_rpc: [13345] }) } })), proxy: { node: "router", ip: "10.0.1.20", ranks: [], devices: [], listens: { http: [8123] } } } },
  { line: "001:1-3 the model", on, at: { E: { head: ["vllm", "serve", model] } } },
  { line: "001:1-3 the other model", on: ["variants/gb200-kimi"], at: { E: { head: ["vllm", "serve", "nvidia/Kimi-K2-Thinking-NVFP4"] } }, plan: { smoke: { body: { model: "nvidia/Kimi-K2-Thinking-NVFP4" } }, bench: { flags: { "--model": "nvidia/Kimi-K2-Thinking-NVFP4" } }, nowhere: [model] } },
  { line: "001:5-10 two prefill instances of two nodes", on, at: { ...each(([id, node]) => ({ node, group: id.slice(0, -2), flags: { "--tensor-parallel-size": "1", "--data-parallel-size": "8", "--data-parallel-size-local": "4" } })) } },
  { line: "001:11 decode on two nodes", on, at: { "decode-0-0": { node: "gb4", group: "decode-0", flags: { "--tensor-parallel-size": "1", "--data-parallel-size": "8" } }, "decode-0-1": { node: "gb5", group: "decode-0" } } },
  { line: "001:12 router", on, at: { proxy: { node: "router", hardware: "none", devices: [], listens: { http: [8123] } } } },
  { line: "001:14 7 nodes, 24 devices", on, plan: { deviceCount: 24 }, at: { E: { devices: ["0", "1", "2", "3"] } } },
  env("001:18,20-23", "NVIDIA_GDRCOPY", "1"),
  env("001:24", "NVSHMEM_IB_ENABLE_IBGDA", "1"),
  env("001:25", "NVSHMEM_BOOTSTRAP_UID_SOCK_IFNAME", nic),
  env("001:26", "UCX_IB_ROCE_REACHABILITY_MODE", "local_subnet"),
  env("001:27", "VLLM_SKIP_P2P_CHECK", "1"),
  env("001:28", "GLOO_SOCKET_IFNAME", nic),
  env("001:29", "NCCL_SOCKET_IFNAME", nic),
  env("001:30", "NCCL_CUMEM_ENABLE", "1"),
  env("001:31", "NCCL_MNNVL_ENABLE", "1"),
  env("001:32", "NCCL_NVLS_ENABLE", "1"),
  env("001:33", "NCCL_TIMEOUT", "1800"),
  env("001:34", "TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC", "1800"),
  env("001:35", "HF_HOME", "/data/hf"),
  env("001:38-41", "VLLM_USE_FLASHINFER_MOE_FP4", "1"),
  env("001:42", "VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL", "1"),
  env("001:43", "VLLM_USE_NCCL_SYMM_MEM", "1"),
  { line: "001:46,49 VLLM_NIXL_SIDE_CHANNEL_HOST", on, at: each(([, , ip]) => ({ env: { VLLM_NIXL_SIDE_CHANNEL_HOST: ip } })) },
  env("001:50", "VLLM_NIXL_SIDE_CHANNEL_PORT", "5600"),
  { line: "001:51 the lease under both names", on, at: { E: { env: { VLLM_NIXL_ABORT_REQUEST_TIMEOUT: "300" }, kv: { kv_connector_extra_config: { kv_lease_duration: 300 } } } } },
  { line: "001:38-41 VLLM_USE_FLASHINFER_MOE_FP4 before 2026-06", on, vllm: "0.11.0", at: { E: { env: { VLLM_USE_FLASHINFER_MOE_FP4: "1" } } } },
  { line: "001:38-41 VLLM_USE_FLASHINFER_MOE_FP4 later", on, vllm: "0.29.0", at: { E: { unset: ["VLLM_USE_FLASHINFER_MOE_FP4"] } } },
  { line: "001:42 VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL before 2026-01", on, vllm: "0.11.0", at: { E: { env: { VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL: "1" } } } },
  { line: "001:42 VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL later", on, vllm: "0.29.0", at: { E: { unset: ["VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL"] } } },
  { line: "001:51 the lease before 2026-05", on, vllm: "0.11.0", at: { E: { env: { VLLM_NIXL_ABORT_REQUEST_TIMEOUT: "300" }, flags: { "--kv-transfer-config": { kv_connector: "NixlConnector", kv_role: "kv_both", kv_buffer_device: "cuda", kv_load_failure_policy: "fail" } } } } },
  { line: "001:51 the lease from 2026-05", on, vllm: "0.22.1", at: { E: { unset: ["VLLM_NIXL_ABORT_REQUEST_TIMEOUT"], flags: { "--kv-transfer-config": kv } } } },
  { line: "001:89 kv_both, where the release has deprecated it", on, vllm: "0.29.0", at: { P: { flags: { "--kv-transfer-config": { ...kv, kv_role: "kv_producer" } } }, D: { flags: { "--kv-transfer-config": { ...kv, kv_role: "kv_consumer" } } } } },
  { line: "001:51 the proxy's hold", on, at: { proxy: { proxy: { kv_hold_seconds: 300 } } } },
  { line: "001:54-58 VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD", on, at: { D: { env: { VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD: "8192" } }, P: { unset: ["VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD"] } } },
  { line: "001:63-69,128,138,153,163 model once", on, at: { E: { head: ["vllm", "serve", model], lacks: ["--model"] } } },
  flag("001:70", "--kv-cache-dtype", "fp8"),
  flag("001:71", "--tensor-parallel-size", "1"),
  { line: "001:72 --pipeline-parallel-size", on, at: { E: { lacks: ["--pipeline-parallel-size"] } } },
  flag("001:73", "--enable-expert-parallel", true),
  { line: "001:74 --data-parallel-rpc-port", on, at: each(([, , , first]) => ({ flags: { "--data-parallel-rpc-port": "13345" }, listens: { http: [8087], side_channel: [0, 1, 2, 3].map((index) => 5600 + first + index), ...(first === 0 && { dp_rpc: [13345] }) } })) },
  flag("001:75", "--max-model-len", "6400"),
  { line: "001:75 the document's own length", on: ["variants/gb200-as-written"], says: [["M10", "warning"]] },
  flag("001:76", "--data-parallel-size-local", "4"),
  flag("001:77", "--disable-uvicorn-access-log", true),
  flag("001:78", "--no-enable-prefix-caching", true),
  flag("001:79", "--port", "8087"),
  flag("001:80", "--trust-remote-code", true),
  flag("001:81", "--no-enable-chunked-prefill", true),
  flag("001:82", "--all2all-backend", "allgather_reducescatter"),
  flag("001:83", "--data-parallel-hybrid-lb", true),
  { line: "001:84 custom_ops in one JSON", on, at: { P: { flags: { "--compilation-config": { custom_ops: ops, pass_config: passes } } } } },
  { line: "001:85 fuse_attn_quant", on, at: { E: { flags: { "--compilation-config": expectPart({ pass_config: passes }) } } } },
  { line: "001:86 fuse_allreduce_rms", on, at: { E: { flags: { "--compilation-config": expectPart({ pass_config: passes }) } } } },
  { line: "001:87 eliminate_noops", on, at: { E: { flags: { "--compilation-config": expectPart({ pass_config: passes }) } } } },
  flag("001:88", "--async-scheduling", true),
  flag("001:89", "--kv-transfer-config", kv),
  { line: "001:93-98 --swap-space", on, at: { P: { lacks: ["--swap-space"] } } },
  flag("001:99", "--max-num-seqs", "8", "P"),
  { line: "001:100 --enforce-eager", on, at: { P: { flags: { "--enforce-eager": true } }, D: { lacks: ["--enforce-eager"] } } },
  flag("001:101,112", "--gpu-memory-utilization", "0.9"),
  flag("001:102", "--max-num-batched-tokens", "16384", "P"),
  { line: "001:106-111 cudagraph_mode in the one JSON of decode", on, at: { D: { flags: { "--compilation-config": { custom_ops: ops, pass_config: passes, cudagraph_mode: "FULL_DECODE_ONLY" } } }, P: { flags: { "--compilation-config": { custom_ops: ops, pass_config: passes } } } } },
  flag("001:113", "--stream-interval", "50", "D"),
  flag("001:114", "--max-num-seqs", "512", "D"),
  flag("001:115", "--max-num-batched-tokens", "6400", "D"),
  { line: "001:115 the document's own batch", on: ["variants/gb200-own-batch"], says: [["M09", "error"]] },
  flag("001:116", "--max-cudagraph-capture-size", "512", "D"),
  { line: "001:122-131 prefill master 0", on, at: { "prefill-0-0": { flags: { "--data-parallel-address": "10.0.1.10", "--data-parallel-size": "8" }, lacks: ["--data-parallel-start-rank"] } } },
  { line: "001:134-142 prefill worker 0", on, at: { "prefill-0-1": { flags: { "--data-parallel-address": "10.0.1.10", "--data-parallel-start-rank": "4", "--data-parallel-size": "8" } } } },
  { line: "001:145-147 prefill instance 1", on, at: { "prefill-1-0": { flags: { "--data-parallel-address": "10.0.1.12" }, lacks: ["--data-parallel-start-rank"] }, "prefill-1-1": { flags: { "--data-parallel-address": "10.0.1.12", "--data-parallel-start-rank": "4" } } } },
  { line: "001:149-156 decode master", on, at: { "decode-0-0": { flags: { "--data-parallel-address": "10.0.1.14" }, lacks: ["--data-parallel-start-rank"] } } },
  { line: "001:159-167 decode worker", on, at: { "decode-0-1": { flags: { "--data-parallel-address": "10.0.1.14", "--data-parallel-start-rank": "4" } } } },
  { line: "001:172-174 relay by the bundled proxy", on, at: { proxy: { proxy: { family: "relay" } } } },
  { line: "001:182 round_robin", on, at: { proxy: { proxy: { prefill_policy: "round_robin", decode_policy: "round_robin" } } } },
  { line: "001:183,197 two legs always", on, plan: { nowhere: ["pd_min_prompt_tokens"] } },
  { line: "001:184 max_concurrent", on, at: { proxy: { proxy: { max_concurrent: 9216 } } } },
  { line: "001:185-188,198 four prefill targets", on, plan: { targets: block.gbTargets } },
  { line: "001:189-190,199 two decode targets", on, plan: { targets: block.gbTargets } },
  { line: "001:191-192 bind and port", on, at: { proxy: { proxy: { bind: "0.0.0.0", port: 8123 } } } },
  { line: "001:193,196,200 four slots on each target", on, plan: { targets: [4, 4, 4, 4, 4, 4].map((slots) => expectPart({ slots })) } },
  { line: "001:204-213 prefill health", on, at: each(([, , ip]) => ({ ready: [`GET http://${ip}:8087/health`] })) },
  { line: "001:215-217 decode health", on, at: { "decode-0-0": { ready: ["GET http://10.0.1.14:8087/health"] }, "decode-0-1": { ready: ["GET http://10.0.1.15:8087/health"] } } },
  { line: "001:206 router after all six", on, plan: { waves: [[], engines.map(([id]) => id), ["proxy"]] } },
  { line: "001:219-220 router health", on, at: { proxy: { ready: ["GET http://10.0.1.20:8123/health"] } } },
  { line: "001:225-231 bench address and model", on, plan: { bench: { flags: { "--model": model, "--host": "10.0.1.20", "--port": "8123" } } } },
  { line: "001:232-238 bench flags", on, plan: { bench: { flags: benchFlags } } },
  { line: "001:239 bench --trust-remote-code", on, plan: { bench: { flags: { "--trust-remote-code": true } } } },
  { line: "001:244-248 placeholders for model, interface, cache", on, plan: { nowhere: [/\{[A-Z_]+\}/] }, at: { E: { env: { HF_HOME: "/data/hf", GLOO_SOCKET_IFNAME: nic }, head: ["vllm", "serve", model] } } },
  { line: "001:249-257 placeholders for hosts", on, plan: { nowhere: [/\{[A-Z_]+\d*\}/, /<[A-Z_]+>/] } },
  { line: "001 complete argv", on, at: Object.fromEntries(engines.map(([id, , , first, address]) => [id, { completeArgv: withFlags(id.startsWith("prefill") ? (first === 0 ? block.gbPrefillHead : block.gbPrefillFollower) : first === 0 ? block.gbDecodeHead : [...block.gbDecodeHead, "--data-parallel-start-rank", "4"], { "--data-parallel-address": address }) }])) },
  { line: "001 complete env", on, at: each(([id, , ip]) => ({ completeEnv: environment(block.gbEnv, { VLLM_HOST_IP: ip, VLLM_NIXL_SIDE_CHANNEL_HOST: ip, VLLM_RPC_BASE_PATH: `/tmp/pdctl-gb200-deepseek-${id}`, ...(id.startsWith("decode") && { VLLM_SHARED_EXPERTS_STREAM_TOKEN_THRESHOLD: "8192" }) }) })) },
  { line: "001 no files on the engines", on, at: { E: { files: {} } } },
  { line: "001 complete proxy", on, at: { proxy: { completeProxy: proxy } } },
  { line: "001 complete bench", on, plan: { bench: { node: "gb0", completeArgv: block.gbBench } } },
  { line: "001 smoke", on, plan: { smoke: { url: "http://10.0.1.20:8123", path: "/v1/completions", body: { model, max_tokens: 16, temperature: 0 }, atLeastWords: 512, atLeastRequests: 16 } } },
];

/** A part of a JSON value: more may be there. */
function expectPart(part: object): unknown {
  return { $part: part };
}

export const waiting: readonly Waiting[] = [
  { line: "001:38-41,42 what a version dropped is said, with --moe-backend in its place", why: "rule C07" },
];
