import { environment, type Row, type Waiting, withFlags } from "./row.ts";
import * as block from "./seed-blocks.ts";

const on = ["mi300x-llama-nixl"];
const model = "amd/Llama-3.3-70B-Instruct-FP8-KV";
const devices = ["0", "1", "2", "3", "4", "5", "6", "7"];
const proxy = { bind: "0.0.0.0", port: 8080, family: "relay", prefill_policy: "least_loaded", decode_policy: "least_loaded", max_concurrent: 4096, grace_seconds: 27, kv_hold_seconds: 480, targets: block.miTargets };
const env = (id: string, ip: string) => environment(block.miEnv, { VLLM_HOST_IP: ip, VLLM_NIXL_SIDE_CHANNEL_HOST: ip, VLLM_RPC_BASE_PATH: `/tmp/pdctl-mi300x-llama-${id}` });

/** Llama-3.3-70B on two MI300X nodes. Source: seed-lines.md §4. */
export const rows: readonly Row[] = [
  { line: "003 services", on, at: { P: { node: "mi0", ip: "10.0.3.10", ranks: [0], devices, listens: { http: [8000], side_channel: [5600] }, wave: 1 }, D: { node: "mi1", ip: "10.0.3.11", ranks: [0], devices, listens: { http: [8200], side_channel: [5600] }, wave: 1 }, proxy: { node: "mi1", ip: "10.0.3.11", listens: { http: [8080] }, wave: 2 } }, plan: { services: ["prefill-0-0", "decode-0-0", "proxy"] } },
  { line: "003:1-5 NixlConnector, kv_both", on, at: { E: { kv: { kv_connector: "NixlConnector", kv_role: "kv_both" } } } },
  { line: "003:7,38-40 two nodes of eight MI300X", on, at: { P: { node: "mi0", hardware: "rocm", devices }, D: { node: "mi1", hardware: "rocm", devices } } },
  { line: "003:11 model", on, at: { E: { head: ["vllm", "serve", model] } } },
  { line: "003:13 one TP8 prefill", on, at: { "prefill-0-0": { flags: { "--tensor-parallel-size": "8" }, env: { HIP_VISIBLE_DEVICES: "0,1,2,3,4,5,6,7" } } }, plan: { services: ["prefill-0-0", "decode-0-0", "proxy"] } },
  { line: "003:14 one TP8 decode", on, at: { "decode-0-0": { flags: { "--tensor-parallel-size": "8" }, env: { HIP_VISIBLE_DEVICES: "0,1,2,3,4,5,6,7" } } } },
  { line: "003:33 prefill with less parallelism", on: ["variants/mi300x-two-tp4"], silent: ["X08"], at: { "prefill-0-0": { node: "mi0", devices: devices.slice(0, 4), listens: { http: [8000], side_channel: [5600] } }, "prefill-1-0": { node: "mi0", devices: devices.slice(4), listens: { http: [8001], side_channel: [5604] } } } },
  { line: "003:36 rc before tcp", on, at: { E: { env: { UCX_TLS: "rc,tcp,sm,rocm_copy,rocm_ipc" } } } },
  { line: "003:50-53,58-60 cluster name", on, plan: { cluster: "mi300x-llama" } },
  { line: "003:55 HF_TOKEN is a secret", on, at: { E: { secrets: ["HF_TOKEN"], unset: ["HF_TOKEN"] } } },
  { line: "003:94 another name", on: ["variants/mi300x-pd-2"], plan: { cluster: "pd-2", nowhere: ["mi300x-llama"] }, at: { "prefill-0-0": { env: { VLLM_RPC_BASE_PATH: "/tmp/pdctl-pd-2-prefill-0-0" } } } },
  { line: "003:98-102,106-114 host network", on, at: { E: { options: [["--network", "host"]] } } },
  { line: "003:104 all devices of the node", on, at: { E: { devices } } },
  { line: "003:115-116 privileged", on, at: { E: { options: [["--privileged"]] } } },
  { line: "003:117-119 capabilities", on, at: { E: { options: [["--cap-add", "IPC_LOCK"], ["--cap-add", "SYS_PTRACE"]] } } },
  { line: "003:121-128 UCX_TLS", on, at: { E: { env: { UCX_TLS: "rc,tcp,sm,rocm_copy,rocm_ipc" } } } },
  { line: "003:129 UCX_NET_DEVICES absent", on, at: { E: { unset: ["UCX_NET_DEVICES"] } } },
  { line: "003:129 UCX_NET_DEVICES of one node", on: ["variants/mi300x-node-env"], at: { P: { env: { UCX_NET_DEVICES: "rdma0:1" } }, D: { unset: ["UCX_NET_DEVICES"] } } },
  { line: "003:130 UCX_IB_GID_INDEX absent", on, at: { E: { unset: ["UCX_IB_GID_INDEX"] } } },
  { line: "003:130 UCX_IB_GID_INDEX of one node", on: ["variants/mi300x-node-env"], at: { P: { env: { UCX_IB_GID_INDEX: "3" } }, D: { unset: ["UCX_IB_GID_INDEX"] } } },
  { line: "003:131 UCX_IB_TRAFFIC_CLASS absent", on, at: { E: { unset: ["UCX_IB_TRAFFIC_CLASS"] } } },
  { line: "003:131 UCX_IB_TRAFFIC_CLASS of one node", on: ["variants/mi300x-node-env"], at: { P: { env: { UCX_IB_TRAFFIC_CLASS: "104" } } } },
  { line: "003:133-135 UCX_LOG_LEVEL absent", on, at: { E: { unset: ["UCX_LOG_LEVEL"] } } },
  { line: "003:133-135 UCX_LOG_LEVEL settable", on: ["variants/mi300x-ucx-log"], at: { E: { env: { UCX_LOG_LEVEL: "info" } } } },
  { line: "003:136-138 UCX_PROTO_INFO absent", on, at: { E: { unset: ["UCX_PROTO_INFO"] } } },
  { line: "003:136-138 UCX_PROTO_INFO y stays y", on: ["variants/mi300x-ucx-log"], at: { E: { env: { UCX_PROTO_INFO: "y" } } } },
  { line: "003:180-212 one TP8 prefill, not four pods", on, plan: { services: ["prefill-0-0", "decode-0-0", "proxy"] }, at: { P: { flags: { "--tensor-parallel-size": "8" } } } },
  { line: "003:189 four TP1 expressible", on: ["variants/mi300x-four-tp1"], at: Object.fromEntries([0, 1, 2, 3].map((index) => [`prefill-${index}-0`, { node: "mi0", devices: [String(index)], listens: { http: [8000 + index], side_channel: [5600 + index] } }])) },
  { line: "003:214-215 one prefill service", on, plan: { services: ["prefill-0-0", "decode-0-0", "proxy"] } },
  { line: "003:217-219 proxy and smoke address", on, at: { proxy: { ready: ["GET http://10.0.3.11:8080/health"] } }, plan: { smoke: { url: "http://10.0.3.11:8080" } } },
  { line: "003:221-229 always both legs", on, plan: { nowhere: ["pd_min_prompt_tokens"] } },
  { line: "003:221-229 0 is an error with a hint", on: ["variants/mi300x-threshold-0"], says: [["R08", "error"]] },
  { line: "003:223,229 a threshold", on: ["variants/mi300x-threshold"], at: { proxy: { proxy: { pd_min_prompt_tokens: 512 } } } },
  { line: "003:240-254 down: proxy, decode, prefill", on, at: { proxy: { stop: 0 }, D: { stop: 1 }, P: { stop: 2 } } },
  ...["003:9", "003:16-32,34", "003:42-49,56", "003:233-238", "003:266-268"].map((line): Row => ({ line: `${line} prose and Kubernetes leave nothing in the plan`, on, plan: { nowhere: ["kubectl", "helm", "namespace", "Gateway", "HTTPRoute", "threshold"] } })),
  { line: "003 complete argv", on, at: { P: { completeArgv: block.miP }, D: { completeArgv: withFlags(block.miP, { "--port": "8200" }) } } },
  { line: "003 complete env", on, at: { P: { completeEnv: env("prefill-0-0", "10.0.3.10") }, D: { completeEnv: env("decode-0-0", "10.0.3.11") } } },
  {
    line: "003 runtime options",
    on,
    at: {
      E: {
        runtime: { kind: "docker", image: "ghcr.io/llm-d/llm-d-rocm:v0.5.0" },
        options: [["--network", "host"], ["--ipc", "host"], ["--privileged"], ["--cap-add", "IPC_LOCK"], ["--cap-add", "SYS_PTRACE"], ["--device", "/dev/kfd"], ["--device", "/dev/dri"], ["--device", "/dev/infiniband"], ["--group-add", "video"], ["--security-opt", "seccomp=unconfined"], ["--ulimit", "memlock=-1"], ["--ulimit", "stack=67108864"], ["--init"], ["-v", "/data/hf:/data/hf"]],
      },
      P: { runtime: { name: "pdctl-mi300x-llama-prefill-0-0" }, options: [["-v", "<fact:home@mi0>/.pdctl/mi300x-llama/mi0:<fact:home@mi0>/.pdctl/mi300x-llama/mi0:ro"]] },
      D: { runtime: { name: "pdctl-mi300x-llama-decode-0-0" }, options: [["-v", "<fact:home@mi1>/.pdctl/mi300x-llama/mi1:<fact:home@mi1>/.pdctl/mi300x-llama/mi1:ro"]] },
    },
    plan: { nowhere: ["--shm-size", "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"] },
  },
  { line: "003 complete proxy", on, at: { proxy: { completeProxy: proxy } }, plan: { targets: block.miTargets } },
  { line: "003 proxy hold on a vLLM with leases", on, vllm: "0.29.0", at: { proxy: { proxy: { kv_hold_seconds: 30 } } } },
  { line: "003 smoke, no bench", on, plan: { smoke: { url: "http://10.0.3.11:8080", path: "/v1/completions", body: { model, max_tokens: 16, temperature: 0 }, atLeastWords: 512 }, bench: null } },
];

export const waiting: readonly Waiting[] = [
  { line: "003:7,38-40 RDMA devices and GID", why: "check" },
  { line: "003:50-53,58-60 --namespace", why: "export" },
  { line: "003:62-80 GPU and NIC operators", why: "check" },
  { line: "003:82-90 helmfile", why: "export" },
  { line: "003:92 RDMA resource labels", why: "export" },
  { line: "003:96,141-155 gateways", why: "export" },
  { line: "003:157-165 HTTPRoute", why: "export" },
  { line: "003:230-231 hashBlockSize", why: "export" },
  { line: "003:256-264 delete HTTPRoute", why: "export" },
  { line: "003:167-178 status lists the three services", why: "status has its own tests" },
];
