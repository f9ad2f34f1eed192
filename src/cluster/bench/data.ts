/** What a benchmark measured, and what the cluster's counters say of its requests. */
export interface BenchData {
  readonly requests: number;
  readonly completed: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Medians, ms: to the first token, and from token to token. */
  readonly ttft: number;
  readonly tpot: number;
  /** Of decode's counters; unset: it has none that tell. */
  readonly kv?: BenchKv;
  /** Of the bundled proxy's counters; unset: the proxy is another. */
  readonly proxy?: BenchProxy;
  /** What is not as it must be, by what it is about, a sentence each. */
  readonly wrong: readonly { readonly about: "answered" | "kv" | "proxy"; readonly what: string }[];
  /** The benchmark's own table, its lines as they came. */
  readonly table: readonly string[];
  /** The result file as vLLM wrote it. */
  readonly result: Readonly<Record<string, unknown>>;
}

/** Prompt tokens that decode worked on, by where they came from. */
export interface BenchKv {
  readonly prompt_tokens: number;
  readonly from_prefill: number;
  /** Decode had them from an earlier request. */
  readonly cached: number;
  readonly computed: number;
  readonly bytes?: number;
  readonly transfers?: number;
  /** Counters that must not rise, and did. */
  readonly wrong: readonly string[];
}

export interface BenchProxy {
  /** Requests that went to decode alone. */
  readonly alone: number;
  readonly missing_kv: number;
  readonly retries: number;
}
