import { expect } from "vitest";
import { parse } from "yaml";
import { environment, type Holds, type Row, type Waiting, withFlags } from "./row.ts";
import * as block from "./seed-blocks.ts";

const [one, cross, xpyd] = [["ucm-1p1d"], ["ucm-cross-platform"], ["ucm-xpyd"]] as const;
const all = [...one, ...cross, ...xpyd];
const model = "/home/models/Qwen2.5-7B-Instruct";
const ucm: unknown = parse(block.ucmYaml);

/** How one of the three topologies is laid out: its name, the proxy, its engines. */
const layouts = {
  "ucm-1p1d": { cluster: "ucm-1p1d", proxy: ["gpu-0", "10.0.2.1", 7802], targets: block.onePTargets, engines: [["prefill-0-0", "gpu-0", "10.0.2.1", "cuda", "0", 7800], ["decode-0-0", "gpu-0", "10.0.2.1", "cuda", "1", 7801]] },
  "ucm-cross-platform": { cluster: "ucm-cross", proxy: ["gpu-0", "10.0.2.2", 7802], targets: block.crossTargets, engines: [["prefill-0-0", "npu-0", "10.0.2.1", "ascend", "0", 7800], ["decode-0-0", "gpu-0", "10.0.2.2", "cuda", "0", 7801]] },
  "ucm-xpyd": { cluster: "ucm-2p2d", proxy: ["gpu-0", "10.0.2.1", 7805], targets: block.xpydTargets, engines: [["prefill-0-0", "gpu-0", "10.0.2.1", "cuda", "0", 7800], ["prefill-1-0", "gpu-0", "10.0.2.1", "cuda", "1", 7801], ["decode-0-0", "gpu-0", "10.0.2.1", "cuda", "2", 7802], ["decode-1-0", "gpu-0", "10.0.2.1", "cuda", "3", 7803]] },
} as const;
type Name = keyof typeof layouts;
type Engine = (typeof layouts)[Name]["engines"][number];

const each = (name: Name, holds: (engine: Engine) => Holds): Record<string, Holds> => Object.fromEntries(layouts[name].engines.map((engine) => [engine[0], holds(engine)]));
const kv = (node: string, cluster: string) => ({ kv_connector: "UCMConnector", kv_role: "kv_both", kv_connector_module_path: "ucm.integration.vllm.ucm_connector", kv_connector_extra_config: { UCM_CONFIG_FILE: `<fact:home@${node}>/.pdctl/${cluster}/${node}/files/<sha256:ucm>` } });
const flag = (line: string, name: string, value: unknown): Row => ({ line: `${line} ${name}`, on: all, at: { E: { flags: { [name]: value } } } });
const perTopology = (line: string, row: (name: Name) => Omit<Row, "line" | "on">): readonly Row[] => (Object.keys(layouts) as Name[]).map((name) => ({ line: `${line} (${name})`, on: [name], ...row(name) }));

const cudaEnv = (cluster: string, [id, node, ip, , device]: Engine) => environment(block.onePEnv, { CUDA_VISIBLE_DEVICES: device, GLOO_SOCKET_IFNAME: `<fact:nic@${node}>`, NCCL_SOCKET_IFNAME: `<fact:nic@${node}>`, VLLM_HOST_IP: ip, VLLM_RPC_BASE_PATH: `/tmp/pdctl-${cluster}-${id}` });
const argvOf: Readonly<Record<Name, Readonly<Record<string, readonly string[]>>>> = {
  "ucm-1p1d": { "prefill-0-0": block.onePPrefill, "decode-0-0": withFlags(block.onePPrefill, { "--port": "7801" }) },
  "ucm-cross-platform": { "prefill-0-0": block.crossP, "decode-0-0": block.crossD },
  "ucm-xpyd": { "prefill-0-0": block.xpydP, "prefill-1-0": withFlags(block.xpydP, { "--port": "7801" }), "decode-0-0": block.xpydD, "decode-1-0": withFlags(block.xpydD, { "--port": "7803" }) },
};
const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** UCM through a shared store. Source: seed-lines.md §3. */
export const rows: readonly Row[] = [
  ...perTopology("002 services", (name) => ({ at: { ...each(name, ([, node, ip, hardware, device, port]) => ({ node, ip, hardware, devices: [device], listens: { http: [port] }, ready: [`GET http://${ip}:${port}/health`], env: { PYTHONHASHSEED: "123456" } })), proxy: { node: layouts[name].proxy[0], ip: layouts[name].proxy[1], listens: { http: [layouts[name].proxy[2]] } } }, plan: { nowhere: ["--data-parallel"] } })),
  { line: "002:1-8,116-118,214-216 KV through storage, no P2P", on: all, at: { proxy: { proxy: { family: "shared-store" } } }, plan: { nowhere: ["kv_transfer_params", "side_channel", '"kv_port"'] } },
  { line: "002:12 two devices of one node", on: one, at: { P: { node: "gpu-0", devices: ["0"] }, D: { node: "gpu-0", devices: ["1"] } }, plan: { deviceCount: 2 } },
  { line: "002:128 one GPU and one NPU", on: cross, at: { P: { hardware: "ascend", devices: ["0"] }, D: { hardware: "cuda", devices: ["0"] } } },
  { line: "002:220 four devices", on: xpyd, plan: { deviceCount: 4 }, at: each("ucm-xpyd", ([, , , , device]) => ({ devices: [device] })) },
  { line: "002:13,129,221 shared storage declared", on: cross, silent: ["U01"] },
  { line: "002:13,129,221 shared storage not declared", on: ["variants/ucm-cross-unshared"], says: [["U01", "error"]] },
  { line: "002:15-28 UCM YAML", on: all, at: { E: { files: { ucm } } } },
  { line: "002:30-33 storage_backends", on: all, at: { E: { files: { ucm: { ucm_connectors: [{ ucm_connector_config: { storage_backends: "/mnt/test1" } }] } } } } },
  { line: "002:35-36,223-224 ASCEND_RT_VISIBLE_DEVICES in place of CUDA's (1p1d)", on: ["variants/ucm-1p1d-ascend"], at: { "prefill-0-0": { env: { ASCEND_RT_VISIBLE_DEVICES: "0" }, unset: ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"], completeArgv: block.onePPrefill }, "decode-0-0": { env: { ASCEND_RT_VISIBLE_DEVICES: "1" }, unset: ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"], completeArgv: argvOf["ucm-1p1d"]["decode-0-0"] ?? [] } } },
  { line: "002:35-36,223-224 ASCEND_RT_VISIBLE_DEVICES in place of CUDA's (xpyd)", on: ["variants/ucm-xpyd-ascend"], at: each("ucm-xpyd", ([id, , , , device]) => ({ env: { ASCEND_RT_VISIBLE_DEVICES: device }, unset: ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"], completeArgv: argvOf["ucm-xpyd"][id] ?? [] })) },
  { line: "002:41 prefill on device 0", on: one, at: { "prefill-0-0": { env: { CUDA_VISIBLE_DEVICES: "0" } } } },
  { line: "002:61 decode on device 1", on: one, at: { "decode-0-0": { env: { CUDA_VISIBLE_DEVICES: "1" } } } },
  { line: "002:42,62,138,159,230,249,270,290 vllm serve", on: all, at: { E: { head: ["vllm", "serve", model] } } },
  flag("002:43,63,139,160,231,250,271,291", "--max-model-len", "20000"),
  flag("002:44,64,140,161,232,251,272,292", "--tensor-parallel-size", "1"),
  flag("002:45,65,141,162,233,252,273,293", "--gpu-memory-utilization", "0.87"),
  flag("002:46,66,142,163,234,253,274,294", "--trust-remote-code", true),
  { line: "002:47,143 prefill port", on: [...one, ...cross], at: { "prefill-0-0": { flags: { "--port": "7800" } } } },
  { line: "002:67,164 decode port", on: [...one, ...cross], at: { "decode-0-0": { flags: { "--port": "7801" } } } },
  flag("002:48,68,144,165,236,255,277,297", "--block-size", "128"),
  { line: "002:38-40,49-56,58-60,69-76 kv config", on: one, at: { E: { flags: { "--kv-transfer-config": kv("gpu-0", "ucm-1p1d") } } } },
  { line: "002:122-124 the same dtype everywhere", on: cross, at: { E: { flags: { "--dtype": "bfloat16" } } } },
  { line: "002:122-124 different dtype", on: ["variants/ucm-cross-two-dtypes"], says: [["M07", "error"]] },
  { line: "002:122-124 missing dtype", on: ["variants/ucm-cross-no-dtype"], says: [["M07", "error"]] },
  { line: "002:145,166 --dtype bfloat16", on: cross, at: { E: { flags: { "--dtype": "bfloat16" } } } },
  { line: "002:42-56,62-76,230-304 dtype written where the document has none", on: [...one, ...xpyd], at: { E: { flags: { "--dtype": "bfloat16" } } } },
  { line: "002:131-137 prefill on Ascend", on: cross, at: { "prefill-0-0": { env: { ASCEND_RT_VISIBLE_DEVICES: "0" }, hardware: "ascend", vendor: ["/usr/local/Ascend/ascend-toolkit/set_env.sh", "/usr/local/Ascend/nnal/atb/set_env.sh"] } } },
  { line: "002:146-152,167-173 kv config, each with its own node's path", on: cross, at: { P: { flags: { "--kv-transfer-config": kv("npu-0", "ucm-cross") } }, D: { flags: { "--kv-transfer-config": kv("gpu-0", "ucm-cross") } } } },
  { line: "002:155-158 decode on CUDA", on: cross, at: { "decode-0-0": { env: { CUDA_VISIBLE_DEVICES: "0" } } } },
  { line: "002:226-229 P1 device 0", on: xpyd, at: { "prefill-0-0": { env: { CUDA_VISIBLE_DEVICES: "0" } } } },
  { line: "002:246-248 P2 device 1", on: xpyd, at: { "prefill-1-0": { env: { CUDA_VISIBLE_DEVICES: "1" } } } },
  { line: "002:265-269 D1 device 2", on: xpyd, at: { "decode-0-0": { env: { CUDA_VISIBLE_DEVICES: "2" } } } },
  { line: "002:286-289 D2 device 3", on: xpyd, at: { "decode-1-0": { env: { CUDA_VISIBLE_DEVICES: "3" } } } },
  { line: "002:235,254 ports 7800, 7801", on: xpyd, at: { "prefill-0-0": { flags: { "--port": "7800" } }, "prefill-1-0": { flags: { "--port": "7801" } } } },
  { line: "002:276,296 ports 7802, 7803", on: xpyd, at: { "decode-0-0": { flags: { "--port": "7802" } }, "decode-1-0": { flags: { "--port": "7803" } } } },
  { line: "002:275,295 --enforce-eager on decode", on: xpyd, at: { D: { flags: { "--enforce-eager": true } }, P: { lacks: ["--enforce-eager"] } } },
  { line: "002:237-244,256-263,278-285,298-305 kv config, one file", on: xpyd, at: { E: { flags: { "--kv-transfer-config": kv("gpu-0", "ucm-2p2d") }, files: { ucm } } } },
  { line: "002:268,288 PYTHONHASHSEED on every engine", on: all, at: { E: { env: { PYTHONHASHSEED: "123456" } } } },
  ...perTopology("002:78-79,176-177,307-308 targets derived from the engines", (name) => ({ plan: { targets: layouts[name].targets } })),
  { line: "002:81-82 proxy 7802, two legs always", on: one, at: { proxy: { listens: { http: [7802] } } }, plan: { nowhere: ["pd_min_prompt_tokens"] } },
  { line: "002:179-180 proxy 7802, two legs always", on: cross, at: { proxy: { listens: { http: [7802] } } }, plan: { nowhere: ["pd_min_prompt_tokens"] } },
  { line: "002:310-311 proxy 7805, two and two", on: xpyd, at: { proxy: { listens: { http: [7805] } } }, plan: { targets: block.xpydTargets } },
  { line: "002:82,180,311 proxy bind", on: all, at: { proxy: { proxy: { bind: "0.0.0.0" } } } },
  ...perTopology("002:82,180,311 addresses", (name) => ({ plan: { targets: layouts[name].targets }, at: { proxy: { proxy: { targets: layouts[name].targets } } } })),
  ...perTopology("002:85-90,183-188,314-319 smoke address", (name) => ({ plan: { smoke: { url: `http://${layouts[name].proxy[1]}:${layouts[name].proxy[2]}`, path: "/v1/completions" } } })),
  { line: "002:91-92,189-190,320-321 smoke model", on: all, plan: { smoke: { body: { model } } } },
  { line: "002:93,191,322 smoke prompt", on: all, plan: { smoke: { atLeastWords: 512 } } },
  { line: "002:94,192,323 max_tokens", on: all, plan: { smoke: { body: { model, max_tokens: 16 } } } },
  { line: "002:95-96,193-194,324-325 temperature", on: all, plan: { smoke: { body: { model, temperature: 0 } } } },
  { line: "002:86-96,184-194,315-325 evidence", on: all, plan: { smoke: { proof: { rises: [external], log: expect.stringMatching(/^hit external/), store: ["/mnt/test1"] } }, nowhere: ["external_prefix_cache_hits"] } },
  { line: "002:98-103,196-201,327-332 bench backend, dataset", on: all, plan: { bench: { flags: { "--backend": "vllm", "--dataset-name": "random" } } } },
  { line: "002:104-107,202-205,333-336 bench lengths", on: all, plan: { bench: { flags: { "--random-input-len": "4096", "--random-output-len": "100", "--num-prompts": "10", "--ignore-eos": true } } } },
  { line: "002:108,206,337 bench model", on: all, plan: { bench: { flags: { "--model": model } } } },
  { line: "002:109,207,338 bench tokenizer", on: all, plan: { bench: { lacks: ["--tokenizer"] } } },
  ...perTopology("002:110,208,339 bench host", (name) => ({ plan: { bench: { flags: { "--host": layouts[name].proxy[1] } } } })),
  ...perTopology("002:111,209,340 bench port", (name) => ({ plan: { bench: { flags: { "--port": String(layouts[name].proxy[2]) } } } })),
  { line: "002:112-113,210-211,341-342 bench endpoint, rate", on: all, plan: { bench: { flags: { "--endpoint": "/v1/completions", "--request-rate": "1" } } } },
  { line: "002:134-135 one prefill service", on: cross, at: { "prefill-0-0": { group: "prefill-0" } }, plan: { services: ["prefill-0-0", "decode-0-0", "proxy"] } },
  ...perTopology("002 complete argv", (name) => ({ at: each(name, ([id]) => ({ completeArgv: argvOf[name][id] ?? [] })) })),
  ...perTopology("002 complete env", (name) => ({ at: each(name, (engine) => ({ completeEnv: engine[3] === "ascend" ? environment(block.crossPEnv) : cudaEnv(layouts[name].cluster, engine) })) })),
  { line: "002 ENABLE_UCM_PATCH on vLLM 0.11.0", on: all, vllm: "0.11.0", at: { E: { env: { ENABLE_UCM_PATCH: "1" } } } },
  { line: "002 no ENABLE_UCM_PATCH on other versions", on: all, vllm: "0.29.0", at: { E: { unset: ["ENABLE_UCM_PATCH"] } } },
  ...perTopology("002 complete proxy", (name) => ({ at: { proxy: { completeProxy: { bind: "0.0.0.0", port: layouts[name].proxy[2], family: "shared-store", prefill_policy: "least_loaded", decode_policy: "least_loaded", max_concurrent: 4096, grace_seconds: 27, targets: layouts[name].targets } } } })),
  ...perTopology("002 smoke", (name) => ({ plan: { smoke: { body: { model, max_tokens: 16, temperature: 0 }, atLeastWords: 512, atLeastRequests: name === "ucm-xpyd" ? 2 : 1 } } })),
  ...perTopology("002 complete bench", (name) => ({ plan: { bench: { node: layouts[name].engines[0][1], completeArgv: withFlags(block.ucmBench, { "--host": layouts[name].proxy[1], "--port": String(layouts[name].proxy[2]) }) } } })),
];

export const waiting: readonly Waiting[] = [
  { line: "002:10-11,126-127,218-219 UCM is installed", why: "check (M12)" },
  { line: "002:13,129,221 a file written on one node is read on the other", why: "check (U09)" },
];
