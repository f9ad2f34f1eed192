import { type Drift, era } from "../era.ts";

/** A variable that vLLM read until some release. */
export interface RemovedVariable extends Drift {
  readonly name: string;
}

const variable = (name: string, until: string, since: string, replace?: string): RemovedVariable => ({
  package: "vllm",
  what: name,
  old: "read",
  now: "unknown to vLLM, which warns and goes on",
  until,
  since,
  ...(replace !== undefined && { replace }),
  name,
});

/** Source: launch.md §12; the releases from vllm/envs.py of each. */
export const removedVariables: readonly RemovedVariable[] = [
  variable("VLLM_USE_V1", "0.11.0", "0.11.2"),
  variable("VLLM_USE_TRTLLM_RAGGED_DEEPSEEK_PREFILL", "0.14.1", "0.15.1"),
  variable("VLLM_ALL2ALL_BACKEND", "0.15.1", "0.16.0", "--all2all-backend"),
  variable("VLLM_USE_FLASHINFER_MOE_FP4", "0.23.0", "0.24.0", "--moe-backend"),
];

/** What does the work of a flag that is gone; since when it is gone is in the flag table. Source: the deprecations of vLLM 0.10 to 0.12. */
export const replacements: Readonly<Record<string, string>> = {
  "cuda-graph-sizes": "cudagraph-capture-sizes",
  "disable-log-requests": "no-enable-log-requests",
  "disable-mm-preprocessor-cache": "mm-processor-cache-gb 0",
  "enable-multimodal-encoder-data-parallel": "mm-encoder-tp-mode data",
  "eplb-log-balancedness": "eplb-config",
  "eplb-step-interval": "eplb-config",
  "eplb-window-size": "eplb-config",
  "guided-decoding-backend": "structured-outputs-config",
  "guided-decoding-disable-additional-properties": "structured-outputs-config",
  "guided-decoding-disable-any-whitespace": "structured-outputs-config",
  "guided-decoding-disable-fallback": "structured-outputs-config",
  "max-seq-len-to-capture": "max-cudagraph-capture-size",
  "num-redundant-experts": "eplb-config",
  "override-pooler-config": "pooler-config",
  "rope-scaling": "hf-overrides",
  "rope-theta": "hf-overrides",
  task: "runner",
};

/** A start rank of 0 chooses a mode since then: argv writes none on rank 0 and the mode by name. Source: launch.md §1.4; arg_utils.py. */
const startRankZero: Drift = {
  package: "vllm",
  what: "--data-parallel-start-rank 0",
  old: "ignored",
  now: "turns hybrid load balancing on",
  until: "0.27.1",
  since: "0.28.0",
};

/** P08 speaks in every version: independent instances are right on both sides. Source: launch.md §1.2; vllm's refusal of it. */
const externalDense: Drift = {
  package: "vllm",
  what: "external load balancing of a dense model",
  old: "allowed",
  now: "ValueError at the start",
  until: "0.20.2",
  since: "0.21.0",
  replace: "instances",
};

/** One command for several external ranks; pdctl writes a command per rank, which every version takes. Source: arg_utils.py. */
export const multiPort: Drift = {
  package: "vllm",
  what: "--data-parallel-multi-port-external-lb",
  old: "not there",
  now: "a supervisor with a child per rank",
  until: "0.21.0",
  since: "0.22.1",
};

/** The seed is written for every engine all the same. Source: launch.md §12; kv_cache_utils.py. */
export const hashSeed: Drift = {
  package: "vllm",
  what: "PYTHONHASHSEED unset",
  old: "block hashes differ from process to process",
  now: "a fixed seed",
  until: "0.28.0",
  since: "0.29.0",
};

/** Whether this version surely reads the variable no more. An unknown version keeps everything. */
export const droppedVariable = (name: string, vllm: string | undefined): RemovedVariable | undefined =>
  removedVariables.find((each) => each.name === name && era(vllm, each) === "new");

export const drift: readonly Drift[] = [...removedVariables, startRankZero, externalDense, multiPort, hashSeed];
