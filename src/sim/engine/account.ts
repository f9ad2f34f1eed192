import type { Ask } from "./ask.ts";
import type { Counters } from "./counters.ts";

/** Where a prompt's tokens came from, in tokens. */
export interface Sources {
  /** In this engine's cache already. */
  readonly computed: number;
  /** From another engine or a store. */
  readonly external: number;
}

/** What one request leaves in the counters, step by step. Source: /metrics of vLLM 0.32, see docs/stand-in.md. */
export class Account {
  private readonly counters: Counters;
  private readonly ask: Ask;
  private readonly arrived = performance.now();
  private scheduled = this.arrived;
  private first = this.arrived;
  private last = this.arrived;
  private generated = 0;
  private stepTokens = 0;

  constructor(counters: Counters, ask: Ask) {
    this.counters = counters;
    this.ask = ask;
  }

  /** It has its place among those that run. */
  runs(): void {
    this.scheduled = performance.now();
  }

  prompt({ computed, external }: Sources, by: "p2p" | "store" | undefined): void {
    const { counters, ask } = this;
    const local = ask.prompt.length - computed - external;
    counters.add("vllm:prompt_tokens_total", ask.prompt.length);
    counters.add("vllm:prompt_tokens_cached_total", computed + external);
    counters.add("vllm:prompt_tokens_by_source_total", local, 'source="local_compute"');
    counters.add("vllm:prompt_tokens_by_source_total", computed, 'source="local_cache_hit"');
    counters.add("vllm:prompt_tokens_by_source_total", external, 'source="external_kv_transfer"');
    counters.add("vllm:prompt_tokens_cached_by_source_total", computed, 'source="device"');
    if (by === "store")
      counters.add("vllm:prompt_tokens_cached_by_source_total", external, 'source="external_unspecified"');
    this.stepTokens = local;
  }

  /** A step of the engine that brought one token; the first one also computed the prompt. */
  token(): void {
    const { counters } = this;
    const now = performance.now();
    counters.add("vllm:generation_tokens_total");
    counters.observe("vllm:iteration_tokens_total", this.stepTokens + 1);
    this.stepTokens = 0;
    if (this.generated++ === 0) {
      this.first = now;
      counters.observe("vllm:time_to_first_token_seconds", seconds(now - this.arrived));
    } else counters.observe("vllm:inter_token_latency_seconds", seconds(now - this.last));
    this.last = now;
  }

  /** A step that brought nothing: its KV could not be had. */
  nothing(): void {
    this.counters.observe("vllm:iteration_tokens_total", 0);
    this.counters.observe("vllm:time_to_first_token_seconds", seconds(performance.now() - this.arrived));
  }

  /** The end, also a bad one. */
  ended(reason: "stop" | "length" | "error", computed: number): void {
    const { counters, ask, generated } = this;
    const now = performance.now();
    counters.add("vllm:request_success_total", 1, `finished_reason="${reason}"`);
    counters.observe("vllm:request_prompt_tokens", ask.prompt.length);
    counters.observe("vllm:request_generation_tokens", generated);
    counters.observe("vllm:request_max_num_generation_tokens", generated);
    counters.observe("vllm:request_params_n", 1);
    counters.observe("vllm:request_params_max_tokens", ask.maxTokens);
    counters.observe("vllm:request_num_preemptions", 0);
    counters.observe("vllm:request_prefill_kv_computed_tokens", ask.prompt.length - computed);
    counters.observe("vllm:e2e_request_latency_seconds", seconds(now - this.arrived));
    counters.observe("vllm:request_queue_time_seconds", seconds(this.scheduled - this.arrived));
    counters.observe("vllm:request_inference_time_seconds", seconds(this.last - this.scheduled));
    counters.observe("vllm:request_prefill_time_seconds", seconds(this.first - this.scheduled));
    counters.observe("vllm:request_decode_time_seconds", seconds(this.last - this.first));
    counters.observe(
      "vllm:request_time_per_output_token_seconds",
      seconds((this.last - this.first) / Math.max(1, generated - 1)),
    );
  }
}

const seconds = (ms: number) => ms / 1000;
