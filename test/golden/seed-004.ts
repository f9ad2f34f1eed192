import { parse } from "yaml";
import { environment, type Holds, type Row, type Waiting, withFlags, withText } from "./row.ts";
import * as block from "./seed-blocks.ts";

const moe = ["ascend-moe-mooncake"];
const dense = ["ascend-dense-mooncake"];

/** engine → node, ip, rank, devices, http, first bound kv port, address of rank 0 */
const engines = [
  ["prefill-0-0", "a2-1", "192.168.10.1", 0, "0,1,2,3", 9000, 28001, "192.168.10.1"],
  ["prefill-0-1", "a2-1", "192.168.10.1", 1, "4,5,6,7", 9001, 28005, "192.168.10.1"],
  ["prefill-0-2", "a2-2", "192.168.10.2", 2, "0,1,2,3", 9000, 28009, "192.168.10.1"],
  ["prefill-0-3", "a2-2", "192.168.10.2", 3, "4,5,6,7", 9001, 28013, "192.168.10.1"],
  ["decode-0-0", "a2-3", "192.168.10.3", 0, "0,1,2,3", 9000, 28001, "192.168.10.3"],
  ["decode-0-1", "a2-3", "192.168.10.3", 1, "4,5,6,7", 9001, 28005, "192.168.10.3"],
  ["decode-0-2", "a2-4", "192.168.10.4", 2, "0,1,2,3", 9000, 28009, "192.168.10.3"],
  ["decode-0-3", "a2-4", "192.168.10.4", 3, "4,5,6,7", 9001, 28013, "192.168.10.3"],
] as const;
type Engine = (typeof engines)[number];
const each = (holds: (engine: Engine) => Holds, role = ""): Record<string, Holds> => Object.fromEntries(engines.filter(([id]) => id.startsWith(role)).map((engine) => [engine[0], holds(engine)]));
const four = (first: number) => [0, 1, 2, 3].map((index) => first + index);
const listens = ([, , , rank, , http, kv]: Engine) => ({ http: [http], kv: four(kv), ...(rank === 0 && { dp_rpc: [13395] }) });

const env = (line: string, name: string, value: string, on = moe): Row => ({ line: `${line} ${name}`, on, at: { E: { env: { [name]: value } } } });
const flag = (line: string, name: string, value: unknown, at = "E", on = moe): Row => ({ line: `${line} ${name}`, on, at: { [at]: { flags: { [name]: value } } } });

const LIBS = "{prepend /usr/local/lib /usr/local/Ascend/ascend-toolkit/latest/python/site-packages}";
const VENDOR = ["/usr/local/Ascend/ascend-toolkit/set_env.sh", "/usr/local/Ascend/nnal/atb/set_env.sh"];
const mooncake: unknown = block.mooncakeJson;
const ucm: unknown = parse(block.moeUcmYaml);
const size = (dp: number) => ({ dp_size: dp, tp_size: 4 });
const p2p = (role: string, port: number, dp: number) => ({ kv_connector: "MooncakeConnectorV1", kv_role: role, kv_port: port, kv_connector_extra_config: { prefill: size(dp), decode: size(dp) } });
const store = (cluster: string, node: string) => ({ kv_connector: "UCMConnector", kv_role: "kv_both", kv_connector_module_path: "ucm.integration.vllm.ucm_connector", kv_connector_extra_config: { UCM_CONFIG_FILE: `<fact:home@${node}>/.pdctl/${cluster}/${node}/files/<sha256:ucm>` } });
const multi = (cluster: string, node: string, port: number, dp: number) => ({ kv_connector: "MultiConnector", kv_role: "kv_producer", kv_connector_extra_config: { connectors: [p2p("kv_producer", port, dp), store(cluster, node)] } });
const weights = { enable_weight_nz_layout: true, enable_prefill_optimizations: true };
const graphs = { cudagraph_mode: "FULL_DECODE_ONLY" };
const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';
const proxy = (targets: unknown) => ({ bind: "0.0.0.0", port: 7850, family: "relay", prefill_policy: "least_loaded", decode_policy: "least_loaded", max_concurrent: 4096, grace_seconds: 27, kv_hold_seconds: 480, length_capped: true, targets });
const smoke = (model: string, requests: number): NonNullable<Row["plan"]> => ({ smoke: { url: "http://192.168.10.1:7850", path: "/v1/completions", body: { model, max_tokens: 16, temperature: 0 }, atLeastWords: 512, atLeastRequests: requests } });

const script = { ends: 'exec -- "${PD_ARGV[@]}"', lacks: [/\btee\b/, /\beval\b/, /\bpkill\b/, /[^&]&\s*$/m] };

const moeRows: readonly Row[] = [
  { line: "004 services", on: moe, at: { ...each((engine) => ({ node: engine[1], ip: engine[2], ranks: [engine[3]], devices: engine[4].split(","), wave: 1, listens: listens(engine) })), "mooncake-master": { node: "a2-1", ip: "192.168.10.1", wave: 0, listens: { rpc: [50088], metrics: [9003] } }, proxy: { node: "a2-1", ip: "192.168.10.1", wave: 2, listens: { http: [7850] } } }, plan: { deviceCount: 32 } },
  { line: "004:2-6 P2P and prefix cache on prefill, P2P alone on decode", on: moe, at: { P: { kv: { kv_connector: "MultiConnector" } }, D: { kv: { kv_connector: "MooncakeConnectorV1" } } } },
  { line: "004:15-17 one instance each of four processes", on: moe, at: each((engine) => ({ node: engine[1], group: engine[0].slice(0, -2), flags: { "--tensor-parallel-size": "4", "--data-parallel-size": "4" } })) },
  { line: "004:15-17 dense models", on: ["variants/moe-dense"], says: [["P08", "error"]] },
  { line: "004:19-24 master's node, wave, environment", on: moe, at: { "mooncake-master": { node: "a2-1", wave: 0, completeEnv: environment(block.masterEnv) } } },
  { line: "004:25 master's command", on: moe, at: { "mooncake-master": { completeArgv: block.masterArgv } } },
  { line: "004:25 metrics port made explicit", on: moe, at: { "mooncake-master": { flags: { "--metrics_port": "9003" }, listens: { rpc: [50088], metrics: [9003] } } } },
  { line: "004:25 rpc listener", on: moe, at: { "mooncake-master": { flags: { "--port": "50088" }, listens: { rpc: [50088], metrics: [9003] } } } },
  { line: "004:19-25 master is ready first", on: moe, at: { "mooncake-master": { ready: ["TCP 192.168.10.1:50088", "GET http://192.168.10.1:9003/health"], wave: 0 }, E: { wave: 1 } } },
  { line: "004:28-38 mooncake.json on every node", on: moe, at: { E: { files: { mooncake } } } },
  { line: "004:40-51 UCM YAML on prefill nodes", on: moe, at: { P: { files: { ucm } }, D: { noFile: ["ucm"] } } },
  { line: "004:53-56 storage_backends", on: moe, at: { P: { files: { ucm: { ucm_connectors: [{ ucm_connector_config: { storage_backends: "/mnt/test1" } }] } } } }, silent: ["U01"] },
  { line: "004:53-56 shared_storage removed", on: ["variants/moe-unshared"], says: [["U01", "error"]] },
  env("004:58-66,225", "LD_LIBRARY_PATH", LIBS),
  env("004:67,226", "PYTHONHASHSEED", "0"),
  env("004:68,227", "PYTHONPATH", "{append /vllm-workspace/vllm}"),
  { line: "004:69,228 MOONCAKE_CONFIG_PATH", on: moe, at: each(([, node]) => ({ env: { MOONCAKE_CONFIG_PATH: `<fact:home@${node}>/.pdctl/ascend-moe/${node}/files/<sha256:mooncake>` } })) },
  { line: "004:71-80,230-239 no positional parameters", on: moe, plan: { nowhere: [/"\$\d"/] } },
  { line: "004:82-83,242 HCCL_IF_IP", on: moe, at: each(([, , ip]) => ({ env: { HCCL_IF_IP: ip } })) },
  env("004:84,243", "GLOO_SOCKET_IFNAME", "enp67s0f5"),
  env("004:85,244", "TP_SOCKET_IFNAME", "enp67s0f5"),
  env("004:86,245", "HCCL_SOCKET_IFNAME", "enp67s0f5"),
  env("004:87,246", "OMP_PROC_BIND", "false"),
  env("004:88,247", "OMP_NUM_THREADS", "10"),
  env("004:89,248", "HCCL_BUFFSIZE", "256"),
  { line: "004:90,249 ASCEND_RT_VISIBLE_DEVICES", on: moe, at: each(([, , , , devices]) => ({ env: { ASCEND_RT_VISIBLE_DEVICES: devices } })) },
  env("004:92-93,252", "PYTORCH_NPU_ALLOC_CONF", "expandable_segments:True"),
  env("004:94,253", "TASK_QUEUE_ENABLE", "1"),
  env("004:95,254", "VLLM_USE_MODELSCOPE", "True"),
  { line: "004:97,256 vllm serve", on: moe, at: { E: { head: ["vllm", "serve", "/models/Qwen3-235B-A22B-W8A8"] } } },
  flag("004:98,257", "--host", "0.0.0.0"),
  { line: "004:99,258 --port", on: moe, at: each(([, , , , , http]) => ({ flags: { "--port": String(http) } })) },
  flag("004:100,259", "--data-parallel-size", "4"),
  { line: "004:101,260 --data-parallel-address", on: moe, at: each((engine) => ({ flags: { "--data-parallel-address": engine[7] } })) },
  { line: "004:102,261 --data-parallel-rpc-port", on: moe, at: each((engine) => ({ flags: { "--data-parallel-rpc-port": "13395" }, listens: listens(engine) })) },
  { line: "004:103,262 --data-parallel-rank", on: moe, at: each(([, , , rank]) => ({ flags: { "--data-parallel-rank": String(rank) }, lacks: ["--data-parallel-size-local", "--data-parallel-start-rank"] })) },
  flag("004:104,263", "--tensor-parallel-size", "4"),
  flag("004:105,264", "--enable-expert-parallel", true),
  flag("004:106,265", "--seed", "1024"),
  flag("004:107,266", "--max-model-len", "17000"),
  flag("004:108,267", "--max-num-batched-tokens", "8000"),
  { line: "004:108,267 chunked prefill is on", on: moe, silent: ["M09"] },
  flag("004:109,268", "--trust-remote-code", true),
  flag("004:110,269", "--max-num-seqs", "4"),
  flag("004:111,270", "--gpu-memory-utilization", "0.92"),
  flag("004:112,271", "--quantization", "ascend"),
  { line: "004:113 --enforce-eager", on: moe, at: { P: { flags: { "--enforce-eager": true } }, D: { lacks: ["--enforce-eager"] } } },
  { line: "004:114 --additional-config", on: moe, at: { P: { flags: { "--additional-config": weights } }, D: { lacks: ["--additional-config"] } } },
  { line: "004:115-119 MultiConnector, kv_producer", on: moe, at: each(([, node]) => ({ flags: { "--kv-transfer-config": multi("ascend-moe", node, 28001, 4) } }), "prefill") },
  { line: "004:120-123 first MooncakeConnectorV1", on: moe, at: { P: { kv: { kv_connector_extra_config: { connectors: [{ kv_connector: "MooncakeConnectorV1", kv_role: "kv_producer" }, { kv_connector: "UCMConnector" }] } } } } },
  { line: "004:124 one kv_port for the group", on: moe, at: { P: { kv: { kv_connector_extra_config: { connectors: [{ kv_port: 28001 }, {}] } } } } },
  { line: "004:125-135 sizes of both sides", on: moe, at: { P: { kv: { kv_connector_extra_config: { connectors: [{ kv_connector_extra_config: { prefill: size(4), decode: size(4) } }, {}] } } } } },
  { line: "004:136-143 second UCMConnector", on: moe, at: each(([, node]) => ({ kv: { kv_connector_extra_config: { connectors: [{}, store("ascend-moe", node)] } } }), "prefill") },
  { line: "004:147 four prefill services, two per node", on: moe, at: each(([, node]) => ({ node }), "prefill") },
  { line: "004:149-152,161-162,167 ip, interface, address", on: moe, at: each((engine) => ({ ip: engine[2], env: { GLOO_SOCKET_IFNAME: "enp67s0f5" }, flags: { "--data-parallel-address": engine[7] } }), "prefill") },
  { line: "004:152,166 ranks by node", on: moe, at: each(([, node, , rank]) => ({ node, ranks: [rank] }), "prefill") },
  { line: "004:154-160,163-165,168 sizes and rpc port", on: moe, at: { E: { flags: { "--tensor-parallel-size": "4", "--data-parallel-size": "4", "--data-parallel-rpc-port": "13395" } } } },
  { line: "004:169,185-188 http = base + i", on: moe, at: each(([, , , , , http]) => ({ flags: { "--port": String(http) } }), "prefill") },
  { line: "004:169,185-188 four local ranks", on: ["variants/moe-16-moved"], silent: ["N01", "N03"], at: { "prefill-0-0": { flags: { "--port": "9000" } }, "prefill-0-1": { flags: { "--port": "9001" } }, "prefill-0-2": { flags: { "--port": "9002" } }, "prefill-0-3": { flags: { "--port": "9003" } } } },
  { line: "004:169,185-188 four local ranks meet the metrics port and the random range", on: ["variants/moe-16"], says: [["N01", "error"], ["N03", "warning"]], at: { "prefill-0-3": { flags: { "--port": "9003" } } } },
  { line: "004:170,189 constant kv_port", on: moe, at: { D: { kv: { kv_port: 28001 } }, P: { kv: { kv_connector_extra_config: { connectors: [{ kv_port: 28001 }, {}] } } } }, silent: ["N03"] },
  { line: "004:170,189 a kv_port in the random range", on: ["variants/moe-20001"], says: [["N03", "warning"]] },
  { line: "004:172-178,191-192 devices i·4 to i·4+3", on: moe, at: each(([, , , , devices]) => ({ devices: devices.split(",") })) },
  { line: "004:172-178,191-192 one local rank of TP4 on eight devices", on: ["variants/moe-dp-2"], at: { E: { devices: ["0", "1", "2", "3"], env: { ASCEND_RT_VISIBLE_DEVICES: "0,1,2,3" } } } },
  { line: "004:217-224 decode.sh", on: moe, at: { D: { flags: { "--seed": "1024", "--quantization": "ascend" }, env: { PYTHONHASHSEED: "0" } } } },
  { line: "004:272 --compilation-config", on: moe, at: { D: { flags: { "--compilation-config": graphs } }, P: { lacks: ["--compilation-config"] } } },
  { line: "004:273-288 MooncakeConnectorV1, kv_consumer", on: moe, at: { D: { flags: { "--kv-transfer-config": p2p("kv_consumer", 28001, 4) }, noFile: ["ucm"] } } },
  { line: "004:291-296 decode on .3, .4", on: moe, at: each((engine) => ({ node: engine[1], ranks: [engine[3]], flags: { "--data-parallel-address": "192.168.10.3" } }), "decode") },
  { line: "004:299-304 bundled proxy on a2-1", on: moe, at: { proxy: { node: "a2-1", proxy: { family: "relay", length_capped: true } } } },
  { line: "004:305-306 proxy port and bind", on: moe, at: { proxy: { proxy: { port: 7850, bind: "0.0.0.0" } } } },
  { line: "004:307-308 prefill targets", on: moe, plan: { targets: block.moeTargets } },
  { line: "004:309-311 decode targets", on: moe, plan: { targets: block.moeTargets } },
  { line: "004:313-319 bench backend and model", on: moe, plan: { bench: { flags: { "--backend": "vllm", "--model": "/models/Qwen3-235B-A22B-W8A8" } } } },
  { line: "004:320-322 bench address", on: moe, plan: { bench: { flags: { "--host": "192.168.10.1", "--port": "7850" } } } },
  { line: "004:323 bench seed", on: moe, plan: { bench: { flags: { "--seed": "123456" } } } },
  { line: "004:324-330 bench load", on: moe, plan: { bench: { flags: { "--dataset-name": "random", "--num-prompts": "10", "--random-input-len": "8000", "--random-output-len": "1000", "--request-rate": "inf", "--ignore-eos": true } } } },
  { line: "004:144,288 exec in place of tee", on: moe, at: { E: { script } } },
  { line: "004:171,194-199,297 no eval, no shell job", on: moe, at: { E: { script } } },
  { line: "004 complete argv, MoE", on: moe, at: each(([id, node, , rank, , http, , address]) => ({ completeArgv: withText(withFlags(id.startsWith("prefill") ? block.moeP : block.moeD, { "--port": String(http), "--data-parallel-rank": String(rank), "--data-parallel-address": address }), "a2-1", node) })) },
  { line: "004 complete env, MoE", on: moe, at: each(([id, node, ip, , devices]) => ({ completeEnv: environment(block.moeEnv, { ASCEND_RT_VISIBLE_DEVICES: devices, HCCL_IF_IP: ip, VLLM_HOST_IP: ip, MOONCAKE_CONFIG_PATH: `<fact:home@${node}>/.pdctl/ascend-moe/${node}/files/<sha256:mooncake>`, VLLM_RPC_BASE_PATH: `/tmp/pdctl-ascend-moe-${id}` }), vendor: VENDOR })) },
  { line: "004 complete master", on: moe, at: { "mooncake-master": { completeArgv: block.masterArgv, completeEnv: environment(block.masterEnv) } } },
  { line: "004 complete files, MoE", on: moe, at: { P: { files: { mooncake, ucm } }, D: { files: { mooncake } } } },
  { line: "004 complete proxy, MoE", on: moe, at: { proxy: { completeProxy: proxy(block.moeTargets) } } },
  { line: "004 complete bench, MoE", on: moe, plan: { bench: { node: "a2-1", completeArgv: block.moeBench } } },
  { line: "004 smoke, MoE", on: moe, plan: smoke("/models/Qwen3-235B-A22B-W8A8", 4) },
  { line: "004 evidence, MoE", on: moe, plan: { smoke: { proof: { rises: [external] } } } },
];

/** engine → node, ip, devices, http, kv_port */
const instances = [
  ["prefill-0-0", "a2-1", "192.168.10.1", "0,1,2,3", 9000, 28001],
  ["prefill-1-0", "a2-1", "192.168.10.1", "4,5,6,7", 9001, 28005],
  ["decode-0-0", "a2-2", "192.168.10.2", "0,1,2,3", 9000, 28001],
  ["decode-1-0", "a2-2", "192.168.10.2", "4,5,6,7", 9001, 28005],
] as const;
const both = (holds: (instance: (typeof instances)[number]) => Holds, role = ""): Record<string, Holds> => Object.fromEntries(instances.filter(([id]) => id.startsWith(role)).map((instance) => [instance[0], holds(instance)]));
const model = "/models/QwQ-32B";

const denseRows: readonly Row[] = [
  { line: "004 services, dense", on: dense, at: { ...both(([, node, ip, devices, http, kv]) => ({ node, ip, ranks: [0], devices: devices.split(","), wave: 1, listens: { http: [http], kv: four(kv) } })), "mooncake-master": { node: "a2-1", wave: 0, listens: { rpc: [50088], metrics: [9003] } }, proxy: { node: "a2-1", wave: 2, listens: { http: [7850] } } } },
  { line: "004:332-334 independent instances", on: dense, plan: { services: ["mooncake-master", ...instances.map(([id]) => id), "proxy"], nowhere: ["--data-parallel", "13395"] } },
  { line: "004:336-343 master", on: dense, at: { "mooncake-master": { node: "a2-1", completeArgv: block.masterArgv, completeEnv: environment(block.masterEnv) } } },
  { line: "004:345-355 mooncake.json", on: dense, at: { E: { files: { mooncake } } } },
  { line: "004:357-368 UCM YAML on prefill", on: dense, at: { P: { files: { ucm } }, D: { noFile: ["ucm"] } } },
  { line: "004:370-373 storage_backends", on: dense, at: { P: { files: { ucm: { ucm_connectors: [{ ucm_connector_config: { storage_backends: "/mnt/test1" } }] } } } } },
  { line: "004:375-377 the second instance", on: dense, at: { "prefill-1-0": { listens: { http: [9001], kv: four(28005) }, kv: { kv_connector_extra_config: { connectors: [{ kv_port: 28005 }, {}] } } } } },
  env("004:379-381,449-451", "LD_LIBRARY_PATH", LIBS, dense),
  env("004:382,452", "PYTHONHASHSEED", "0", dense),
  env("004:383,453", "PYTHONPATH", "{append /vllm-workspace/vllm}", dense),
  { line: "004:384,454 MOONCAKE_CONFIG_PATH", on: dense, at: both(([, node]) => ({ env: { MOONCAKE_CONFIG_PATH: `<fact:home@${node}>/.pdctl/ascend-dense/${node}/files/<sha256:mooncake>` } })) },
  { line: "004:386,456 ASCEND_RT_VISIBLE_DEVICES", on: dense, at: both(([, , , devices]) => ({ env: { ASCEND_RT_VISIBLE_DEVICES: devices } })) },
  env("004:388-389,459", "PYTORCH_NPU_ALLOC_CONF", "expandable_segments:True", dense),
  env("004:390,460", "TASK_QUEUE_ENABLE", "1", dense),
  env("004:391,461", "VLLM_USE_MODELSCOPE", "True", dense),
  { line: "004:380-391,450-461 the ascend set", on: dense, at: both(([, , ip]) => ({ env: { HCCL_IF_IP: ip, HCCL_SOCKET_IFNAME: "enp67s0f5", TP_SOCKET_IFNAME: "enp67s0f5", GLOO_SOCKET_IFNAME: "enp67s0f5", HCCL_BUFFSIZE: "256", OMP_PROC_BIND: "false", OMP_NUM_THREADS: "10" } })) },
  { line: "004:393,463 dp_size 1", on: dense, at: { P: { kv: { kv_connector_extra_config: { connectors: [{ kv_connector_extra_config: { prefill: size(1), decode: size(1) } }, {}] } } }, D: { kv: { kv_connector_extra_config: { prefill: size(1), decode: size(1) } } } } },
  { line: "004:394,464 tp_size 4", on: dense, at: both(([, , , devices, http, kv]) => ({ devices: devices.split(","), listens: { http: [http], kv: four(kv) } })) },
  { line: "004:395,465 server_port", on: dense, at: both(([, , , , http]) => ({ flags: { "--port": String(http) } })) },
  { line: "004:396,466 mooncake_port", on: dense, at: both(([id, , , , , kv]) => (id.startsWith("decode") ? { kv: { kv_port: kv } } : { kv: { kv_connector_extra_config: { connectors: [{ kv_port: kv }, {}] } } })) },
  { line: "004:398,468 vllm serve", on: dense, at: { E: { head: ["vllm", "serve", model] } } },
  flag("004:399,469", "--host", "0.0.0.0", "E", dense),
  { line: "004:400,470 --port", on: dense, at: both(([, , , , http]) => ({ flags: { "--port": String(http) } })) },
  { line: "004:401,471 --data-parallel-size", on: dense, at: { E: { lacks: ["--data-parallel-size"] } } },
  flag("004:402,472", "--tensor-parallel-size", "4", "E", dense),
  flag("004:403,473", "--no-enable-expert-parallel", true, "E", dense),
  { line: "004:404-406,474-476 seed, lengths", on: dense, at: { E: { flags: { "--seed": "1024", "--max-model-len": "17000", "--max-num-batched-tokens": "8000" } } } },
  { line: "004:407-409,477-479 trust, seqs, memory", on: dense, at: { E: { flags: { "--trust-remote-code": true, "--max-num-seqs": "4", "--gpu-memory-utilization": "0.92" } } } },
  { line: "004:410,480 --quantization None", on: dense, at: { E: { lacks: ["--quantization"] } } },
  { line: "004:411 --enforce-eager", on: dense, at: { P: { flags: { "--enforce-eager": true } }, D: { lacks: ["--enforce-eager"] } } },
  flag("004:412", "--additional-config", weights, "P", dense),
  { line: "004:413-442 MultiConnector", on: dense, at: both(([, node, , , , kv]) => ({ flags: { "--kv-transfer-config": multi("ascend-dense", node, kv, 1) } }), "prefill") },
  { line: "004:445-447 several decode instances on one node", on: dense, at: both(([, , , , http, kv]) => ({ node: "a2-2", listens: { http: [http], kv: four(kv) } }), "decode") },
  { line: "004:481 --compilation-config", on: dense, at: { D: { flags: { "--compilation-config": graphs } }, P: { lacks: ["--compilation-config"] } } },
  { line: "004:482-497 MooncakeConnectorV1, kv_consumer", on: dense, at: both(([, , , , , kv]) => ({ flags: { "--kv-transfer-config": p2p("kv_consumer", kv, 1) } }), "decode") },
  { line: "004:500-502 two prefill on .1, two decode on .2", on: dense, at: both(([, node]) => ({ node })) },
  { line: "004:504-507 proxy", on: dense, at: { proxy: { node: "a2-1", proxy: { port: 7850, bind: "0.0.0.0" } } } },
  { line: "004:508-509 prefill targets", on: dense, plan: { targets: block.denseTargets } },
  { line: "004:510-512 decode targets", on: dense, plan: { targets: block.denseTargets } },
  { line: "004:514-531 bench", on: dense, plan: { bench: { node: "a2-1", completeArgv: withFlags(block.moeBench, { "--model": model }) } } },
  { line: "004:442,497 exec in place of tee", on: dense, at: { E: { script } } },
  { line: "004 complete argv, dense", on: dense, at: both(([id, , , , http, kv]) => ({ completeArgv: withText(withFlags(id.startsWith("prefill") ? block.denseP : block.denseD, { "--port": String(http) }), '"kv_port":28001', `"kv_port":${kv}`) })) },
  { line: "004 complete env, dense", on: dense, at: both(([id, node, ip, devices]) => ({ completeEnv: environment(block.denseEnv, { ASCEND_RT_VISIBLE_DEVICES: devices, HCCL_IF_IP: ip, VLLM_HOST_IP: ip, MOONCAKE_CONFIG_PATH: `<fact:home@${node}>/.pdctl/ascend-dense/${node}/files/<sha256:mooncake>`, VLLM_RPC_BASE_PATH: `/tmp/pdctl-ascend-dense-${id}` }), vendor: VENDOR })) },
  { line: "004 complete proxy, dense", on: dense, at: { proxy: { completeProxy: proxy(block.denseTargets) } } },
  { line: "004 smoke, dense", on: dense, plan: smoke(model, 2) },
];

/** Ascend with Mooncake P2P, UCM as prefix cache. Source: seed-lines.md §5. */
export const rows: readonly Row[] = [...moeRows, ...denseRows];

export const waiting: readonly Waiting[] = [
  { line: "004:8-12 vllm-ascend, UCM, Mooncake are installed", why: "check (M12, M13)" },
  { line: "004:25 50088 in the ephemeral range", why: "check (N04, with facts)" },
  { line: "004:53-56 the storage is really shared", why: "check (U09)" },
  { line: "004:180-183,200-215 waiting for pids", why: "up has its own tests" },
];
