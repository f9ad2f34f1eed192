import { setTimeout as pause } from "node:timers/promises";
import type { Proof } from "../../connectors/connector.ts";
import type { Session } from "../../nodes/session.ts";
import type { Target } from "../../proxy/config.ts";
import { ask } from "../serving/http.ts";
import { readMetrics } from "../serving/metrics.ts";
import { COMPUTED, type Counters, PROMPTS, rise, scrape } from "../smoke/scrape.ts";
import type { BenchKv, BenchProxy } from "./data.ts";

const SETTLE_MS = 3_000; // vLLM publishes its counters a scheduler step after the answer has left
const CACHED = 'vllm:prompt_tokens_by_source_total{source="local_cache_hit"}';
const TRANSFERS = "vllm:nixl_xfer_time_seconds_count";
const ANSWERED = "vllm:request_success_total";

/** Whose counters tell about the benchmark: decode's engines, and the proxy where it has counters that pdctl knows. */
export interface Counted {
  readonly targets: readonly Target[];
  readonly proof: Proof;
  /** The proxy's address; undefined: it is not pdctl's own. */
  readonly proxy: string | undefined;
}

export async function countersOf(
  session: Session,
  { targets, proxy }: Counted,
  signal: AbortSignal,
): Promise<Counters> {
  const counters = new Map(await scrape(session, targets, signal));
  if (proxy !== undefined) counters.set(proxy, readMetrics((await ask(session, `${proxy}/metrics`, {}, signal)).text));
  return counters;
}

/** Reads them again until decode has counted so many answers, or has had its time: then what stands there is the answer. */
export async function settledCounters(
  session: Session,
  counted: Counted,
  before: Counters,
  answers: number,
  signal: AbortSignal,
): Promise<Counters> {
  for (const until = performance.now() + SETTLE_MS; ; ) {
    const now = await countersOf(session, counted, signal);
    if ((riseOn(counted.targets, before, now, ANSWERED) ?? 0) >= answers || performance.now() > until) return now;
    await pause(50, undefined, { signal });
  }
}

/** Where the prompts' tokens came from, by decode's own counters; undefined: it has none of them. */
export function kvBetween(before: Counters, after: Counters, { targets, proof }: Counted): BenchKv | undefined {
  const rose = (selector: string) => riseOn(targets, before, after, selector);
  const fromPrefill = rose(proof.tokens);
  const prompts = rose(PROMPTS);
  if (fromPrefill === undefined || prompts === undefined) return undefined;
  const volume = proof.rises.find((name) => name.includes("bytes"));
  const [bytes, transfers] = [volume === undefined ? undefined : rose(volume), rose(TRANSFERS)];
  return {
    prompt_tokens: prompts,
    from_prefill: fromPrefill,
    cached: rose(CACHED) ?? 0,
    computed: rose(COMPUTED) ?? 0,
    ...(bytes !== undefined && { bytes }),
    ...(transfers !== undefined && { transfers }),
    wrong: proof.stays.filter((name) => (rose(name) ?? 0) > 0),
  };
}

/** What the bundled proxy counted; a counter that it never had to raise is not there yet. */
export function proxyBetween(before: Counters, after: Counters, { proxy }: Counted): BenchProxy | undefined {
  if (proxy === undefined) return undefined;
  const rose = (name: string) => rise(before, after, proxy, `pdctl_proxy_${name}`) ?? 0;
  const alone = rose("bypass_total") - rose('bypass_total{reason="other_api"}'); // that only counts tokens, or shows in what decode computed
  return { alone, missing_kv: rose("missing_kv_params_total"), retries: rose("retries_total") };
}

function riseOn(targets: readonly Target[], before: Counters, after: Counters, selector: string): number | undefined {
  const all = targets.flatMap(({ role, url }) => (role === "decode" ? (rise(before, after, url, selector) ?? []) : []));
  return all.length === 0 ? undefined : all.reduce((sum, one) => sum + one, 0);
}
