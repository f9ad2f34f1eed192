import { spellingsOf } from "./flags.ts";

/** What the plan writes itself → the topology key that decides it. */
const decidedBy: ReadonlyMap<string, string> = new Map([
  ["model-tag", "model.path"],
  ["served-model-name", "model.served_name"],
  ["tokenizer", "model.tokenizer"],
  ["host", "engine.bind"],
  ["port", "engine.port"],
  ["tensor-parallel-size", "parallel.tp"],
  ["pipeline-parallel-size", "parallel.pp"],
  ["prefill-context-parallel-size", "parallel.pcp"],
  ["decode-context-parallel-size", "parallel.dcp"],
  ["data-parallel-size", "parallel.dp"],
  ["data-parallel-size-local", "parallel.dp_local"],
  ["data-parallel-rank", "parallel.dp_lb"],
  ["data-parallel-start-rank", "parallel.dp_lb"],
  ["data-parallel-address", "nodes[].ip"],
  ["data-parallel-rpc-port", "parallel.rpc_port"],
  ["data-parallel-hybrid-lb", "parallel.dp_lb"],
  ["data-parallel-external-lb", "parallel.dp_lb"],
  ["data-parallel-multi-port-external-lb", "parallel.dp_lb"],
  ["data-parallel-supervisor-port", "parallel.dp_lb"],
  ["headless", "parallel.dp_lb"],
  ["nnodes", "nodes"],
  ["node-rank", "nodes"],
  ["master-addr", "nodes[].ip"],
  ["master-port", "parallel.master_port"],
  ["enable-expert-parallel", "parallel.expert_parallel"],
  ["kv-transfer-config", "kv.transfer"],
  ["device-ids", "devices"],
]);

/** Every spelling without dashes (name, alias, negative form) that any release has → the key. */
export const managedFlags: ReadonlyMap<string, string> = new Map(
  [...decidedBy].flatMap(([name, key]) => spellingsOf(name).map((spelling) => [spelling, key] as const)),
);

/** Variables that the plan writes for every engine. Connectors and hardware name theirs themselves. */
export const managedEnv: ReadonlyMap<string, string> = new Map([
  ["PYTHONHASHSEED", "kv.hash_seed"],
  ["VLLM_HOST_IP", "nodes[].ip"],
  ["VLLM_KV_CACHE_LAYOUT", "kv_layout"],
  ["VLLM_PORT", "vllm_port"],
  ["VLLM_RPC_BASE_PATH", "name"],
  ["PDCTL_RUN", "name"],
]);
