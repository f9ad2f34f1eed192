import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { USUAL_SIZE } from "../engine/vocabulary.ts";
import { engineRaised, invalid, raised } from "../fatal.ts";
import type { Faults } from "../faults.ts";
import { integerOf, isObject, type JsonObject, parseJson } from "../json.ts";
import type { Log } from "../log.ts";
import type { Parsed } from "./argv.ts";
import { MEASURED } from "./flags.ts";
import { type KvConfig, readKvConfig, requireConnector } from "./kv-config.ts";
import { type Parallel, parallelOf } from "./parallel.ts";
import { type Platform, platformOf } from "./platform.ts";
import { flagOf, integerOr, listOf, objectOf, optionalInteger, optionalText } from "./values.ts";

/** All that the flags, the environment and the model's own config say, checked as vLLM checks it. */
export interface EngineConfig {
  readonly version: string;
  readonly model: string;
  readonly servedNames: readonly string[];
  readonly host: string | undefined;
  readonly port: number;
  readonly apiKeys: readonly string[];
  readonly platform: Platform;
  readonly parallel: Parallel;
  readonly blockSize: number;
  readonly blocks: number;
  readonly maxModelLen: number;
  /** Tokens that the model knows. */
  readonly vocabulary: number;
  readonly maxNumSeqs: number;
  readonly prefixCaching: boolean;
  readonly dtype: string;
  readonly kvCacheDtype: string;
  readonly kv: KvConfig | undefined;
  readonly kvEvents: JsonObject | undefined;
  readonly autoTools: boolean;
  readonly toolParser: string | undefined;
  readonly promptTokensDetails: boolean;
  readonly forceUsage: boolean;
  readonly requestIdHeaders: boolean;
  readonly accessLog: boolean;
  readonly quietPaths: ReadonlySet<string>;
  readonly shutdownSeconds: number;
}

const KV_TOKENS = 1 << 20; // tokens that the cache of one rank holds, whatever the block size

export function configOf(args: Parsed, env: NodeJS.ProcessEnv, faults: Faults, log: Log): EngineConfig {
  refuseUnplayed(args);
  const model = optionalText(args, "model_tag") ?? optionalText(args, "model") ?? "Qwen/Qwen3-0.6B";
  const port = portOf(args);
  const kvGiven = objectOf(args, "kv-transfer-config");
  const kv = kvGiven === undefined ? undefined : readKvConfig(kvGiven);
  const platform = platformOf(env, faults);
  const hf = modelConfig(model);
  const parallel = parallelOf(args, kindOf(hf, faults), log);
  requireDevices(parallel, platform);
  if (kvGiven !== undefined && kv?.connector !== "") requireConnector(kvGiven, platform.name);
  const given = integerOr(args, "max-model-len", -1);
  const maxModelLen = given > 0 ? given : (integerOf(hf?.max_position_embeddings) ?? 32768);
  const maxNumSeqs = integerOr(args, "max-num-seqs", 256);
  checkBatch(args, maxModelLen, maxNumSeqs);
  const served = listOf(args, "served-model-name");
  const blockSize = integerOr(args, "block-size", platform.defaultBlockSize);
  return {
    version: faults.version === "" ? MEASURED : faults.version,
    model,
    servedNames: served.length > 0 ? served : [model],
    host: optionalText(args, "host"),
    port,
    apiKeys: [...listOf(args, "api-key"), ...(env.VLLM_API_KEY ? [env.VLLM_API_KEY] : [])],
    platform,
    parallel,
    blockSize,
    blocks: blocksOf(args, blockSize, maxModelLen),
    maxModelLen,
    vocabulary: integerOf(hf?.vocab_size) ?? USUAL_SIZE,
    maxNumSeqs,
    prefixCaching: args.get("enable-prefix-caching") !== false,
    dtype: dtypeOf(args, hf),
    kvCacheDtype: optionalText(args, "kv-cache-dtype") ?? "auto",
    kv: kv?.connector === "" ? undefined : kv,
    kvEvents: objectOf(args, "kv-events-config"),
    autoTools: flagOf(args, "enable-auto-tool-choice"),
    toolParser: optionalText(args, "tool-call-parser"),
    promptTokensDetails: flagOf(args, "enable-prompt-tokens-details"),
    forceUsage: flagOf(args, "enable-force-include-usage"),
    requestIdHeaders: flagOf(args, "enable-request-id-headers"),
    accessLog: !flagOf(args, "disable-uvicorn-access-log"),
    quietPaths: new Set((optionalText(args, "disable-access-log-for-endpoints") ?? "").split(",")),
    shutdownSeconds: integerOr(args, "shutdown-timeout", 0),
  };
}

function blocksOf(args: Parsed, blockSize: number, maxModelLen: number): number {
  const given = optionalInteger(args, "num-gpu-blocks-override");
  if (given === undefined) return Math.ceil(Math.max(KV_TOKENS, maxModelLen) / blockSize);
  if (given * blockSize >= maxModelLen) return given;
  throw engineRaised(
    "ValueError",
    `To serve at least one request with the models's max seq len (${maxModelLen}), more KV cache is needed than the available KV cache memory (${given * blockSize} tokens). Try increasing \`gpu_memory_utilization\` or decreasing \`max_model_len\` when initializing the engine.`,
  );
}

function portOf(args: Parsed): number {
  const port = integerOr(args, "port", 8000);
  if (port < 0 || port > 65535) throw raised("OverflowError", "bind(): port must be 0-65535.");
  return port;
}

/** Flags of the real parser whose effect the stand-in would have to pretend: better an honest end than a silent difference. */
function refuseUnplayed(args: Parsed): void {
  for (const name of ["config", "uds", "grpc", "ssl-keyfile", "ssl-certfile"]) {
    if (args.has(name)) throw raised("NotImplementedError", `the stand-in engine does not play --${name}`);
  }
  for (const name of ["data-parallel-backend", "distributed-executor-backend"]) {
    if (args.get(name) === "ray")
      throw raised("NotImplementedError", `the stand-in engine does not play --${name} ray`);
  }
}

/** A path must exist; a hub name is taken as it is, nothing is downloaded. Source: vllm-cpu.md §9. */
function modelConfig(model: string): JsonObject | undefined {
  const path = /^(\/|\.\.?\/)/.test(model);
  if (path && !existsSync(model)) {
    throw raised(
      "huggingface_hub.errors.HFValidationError",
      `Repo id must be in the form 'repo_name' or 'namespace/repo_name': '${model}'. Use \`repo_type\` argument if needed.`,
    );
  }
  const file = join(model, "config.json");
  const parsed = path && existsSync(file) ? parseJson(readFileSync(file, "utf8")) : undefined;
  return isObject(parsed?.value) ? parsed.value : undefined;
}

function kindOf(hf: JsonObject | undefined, { modelKind }: Faults): "moe" | "dense" | undefined {
  if (modelKind === "moe" || modelKind === "dense") return modelKind;
  if (hf === undefined) return undefined;
  const experts = ["num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts"].some(
    (name) => Number(hf[name] ?? 0) > 0,
  );
  return experts ? "moe" : "dense";
}

function dtypeOf(args: Parsed, hf: JsonObject | undefined): string {
  const given = optionalText(args, "dtype") ?? "auto";
  const own = hf?.torch_dtype ?? hf?.dtype;
  if (given === "auto") return typeof own === "string" ? own : "bfloat16";
  return given === "half" ? "float16" : given === "float" ? "float32" : given;
}

/** Every engine of this process needs its own devices out of the visible ones. Source: launch.md §1.6, §1.7. */
function requireDevices({ world, dpLocal, nodesOfEngine }: Parallel, { devices }: Platform): void {
  const wanted = (world / nodesOfEngine) * dpLocal;
  if (devices === undefined || wanted <= devices.length) return;
  throw invalid(
    "ParallelConfig",
    `World size (${wanted}) is larger than the number of available GPUs (${devices.length}) in this node. If this is intentional and you are using:\n- ray, set '--distributed-executor-backend ray'.\n- multiprocessing, set '--nnodes' appropriately.`,
  );
}

function checkBatch(args: Parsed, maxModelLen: number, maxNumSeqs: number): void {
  const batched = optionalInteger(args, "max-num-batched-tokens");
  if (batched === undefined) return;
  if (args.get("enable-chunked-prefill") === false && batched < maxModelLen) {
    throw invalid(
      "SchedulerConfig",
      `max_num_batched_tokens (${batched}) is smaller than max_model_len (${maxModelLen}). This effectively limits the maximum sequence length to max_num_batched_tokens and makes vLLM reject longer sequences. Please increase max_num_batched_tokens or decrease max_model_len.`,
    );
  }
  if (batched < maxNumSeqs) {
    throw invalid(
      "SchedulerConfig",
      `max_num_batched_tokens (${batched}) must be greater than or equal to max_num_seqs (${maxNumSeqs}).`,
    );
  }
}
