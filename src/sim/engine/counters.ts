/** Values of one rank, by metric name with its own labels; `model_name` and `engine` are added where the page is written. */
export type Snapshot = Readonly<Record<string, number>>;

export class Counters {
  onChange: () => void = () => undefined;
  private readonly values: Map<string, number>;

  /** `nixl`: its metrics are there only where its connector is. */
  constructor({ nixl }: { nixl: boolean }) {
    this.values = new Map(Object.entries(zeros).filter(([name]) => nixl || !name.startsWith("vllm:nixl_")));
  }

  add(name: Metric, by = 1, labels = ""): void {
    const key = labels === "" ? name : `${name}{${labels}}`;
    this.values.set(key, (this.values.get(key) ?? 0) + by);
    if (by !== 0) this.onChange();
  }

  snapshot(): Snapshot {
    return Object.fromEntries(this.values);
  }
}

export type Metric =
  | (typeof counters)[number]
  | (typeof gauges)[number]
  | `vllm:${(typeof histograms)[number]}_${"sum" | "count"}`;

/** Names as vLLM exposes them. Source: vllm-cpu.md §5, proxy-protocols.md §G.10. */
export const gauges = ["vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"] as const;

export const counters = [
  "vllm:request_success_total",
  "vllm:prompt_tokens_total",
  "vllm:generation_tokens_total",
  "vllm:prompt_tokens_by_source_total",
  "vllm:prompt_tokens_cached_total",
  "vllm:prompt_tokens_cached_by_source_total",
  "vllm:prefix_cache_queries_total",
  "vllm:prefix_cache_hits_total",
  "vllm:external_prefix_cache_queries_total",
  "vllm:external_prefix_cache_hits_total",
  "vllm:nixl_num_failed_transfers_total",
  "vllm:nixl_num_failed_notifications_total",
  "vllm:nixl_num_kv_expired_reqs_total",
  "vllm:nixl_num_notifications_after_expiry_total",
] as const;

export const histograms = [
  "nixl_xfer_time_seconds",
  "nixl_post_time_seconds",
  "nixl_bytes_transferred",
  "nixl_num_descriptors",
] as const;

export const finishedReasons = ["stop", "length", "abort", "error", "repetition"] as const;
export const sources = ["local_compute", "local_cache_hit", "external_kv_transfer"] as const;
export const tiers = ["device", "host", "p2p", "disk", "external_unspecified"] as const;

const zeros: Record<string, number> = {
  ...Object.fromEntries(gauges.map((name) => [name, 0])),
  ...Object.fromEntries(counters.filter((name) => !/request_success|_by_source/.test(name)).map((name) => [name, 0])),
  ...Object.fromEntries(
    finishedReasons.map((reason) => [`vllm:request_success_total{finished_reason="${reason}"}`, 0]),
  ),
  ...Object.fromEntries(sources.map((source) => [`vllm:prompt_tokens_by_source_total{source="${source}"}`, 0])),
  ...Object.fromEntries(tiers.map((source) => [`vllm:prompt_tokens_cached_by_source_total{source="${source}"}`, 0])),
  ...Object.fromEntries(
    histograms.flatMap((name) => [
      [`vllm:${name}_sum`, 0],
      [`vllm:${name}_count`, 0],
    ]),
  ),
};
