/** What an engine says of itself now. A metric that it does not have counts as 0: connectors only show what has happened. */
export interface EngineNow {
  readonly running: number;
  readonly waiting: number;
  /** Share of its KV blocks that are taken, 0 to 1. */
  readonly kvUsage: number;
  /** Requests whose KV prefill gave away because nobody had come for it in time. */
  readonly kvExpired: number;
  /** Decode that came for KV after that. */
  readonly tooLate: number;
  readonly failedTransfers: number;
  /** Prompt tokens that came from prefill, and that it computed itself. */
  readonly pulled: number;
  readonly computed: number;
  /** Bytes that came from prefill. */
  readonly bytes: number;
}

/** One scrape of `url`/metrics. Source of the names: vllm-cpu.md §5. */
export async function engineNow(url: string): Promise<EngineNow> {
  const metrics = await scrape(url);
  return {
    running: metrics("vllm:num_requests_running"),
    waiting: metrics("vllm:num_requests_waiting"),
    kvUsage: metrics("vllm:kv_cache_usage_perc"),
    kvExpired: metrics("vllm:nixl_num_kv_expired_reqs_total"),
    tooLate: metrics("vllm:nixl_num_notifications_after_expiry_total"),
    failedTransfers: metrics("vllm:nixl_num_failed_transfers_total"),
    pulled: metrics("vllm:prompt_tokens_by_source_total", 'source="external_kv_transfer"'),
    computed: metrics("vllm:prompt_tokens_by_source_total", 'source="local_compute"'),
    bytes: metrics("vllm:nixl_bytes_transferred_sum"),
  };
}

/** What the bundled proxy is busy with: client requests, legs, and the clients that left it, by stage. */
export async function proxyNow(url: string) {
  const metrics = await scrape(url);
  const left = (stage: string) => metrics("pdctl_proxy_aborts_total", `stage="${stage}"`);
  return {
    requests: metrics("pdctl_proxy_inflight_requests"),
    legs: metrics("pdctl_proxy_instance_inflight"),
    atDecode: metrics("pdctl_proxy_instance_inflight", 'role="decode"'),
    tokens: metrics("pdctl_proxy_instance_load_tokens"),
    decodeLegs: metrics("pdctl_proxy_upstream_requests_total", 'role="decode"'),
    left: { prefill: left("prefill"), decodeWait: left("decode_wait"), decode: left("decode") },
  };
}

/** Reads /metrics and answers the sum of a name's rows, those with this label where one is given. */
async function scrape(url: string): Promise<(name: string, label?: string) => number> {
  const reply = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
  const lines = (await reply.text()).split("\n");
  return (name, label = "") =>
    lines
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
