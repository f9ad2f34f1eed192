import type { Proof } from "../../connectors/connector.ts";
import type { Session } from "../../nodes/session.ts";
import type { Target } from "../../proxy/config.ts";
import { ask } from "../serving/http.ts";
import { readMetrics, type Sample, total } from "../serving/metrics.ts";

/** The counters of every target at one moment, by url. */
export type Counters = ReadonlyMap<string, readonly Sample[]>;

export async function scrape(session: Session, targets: readonly Target[], signal: AbortSignal): Promise<Counters> {
  const texts = await Promise.all(targets.map(({ url }) => ask(session, `${url}/metrics`, {}, signal)));
  return new Map(targets.map(({ url }, at) => [url, readMetrics(texts[at]?.text ?? "")]));
}

/** How much a counter of one target rose; undefined: it has no such counter. A counter that appears counts from zero. */
export function rise(
  before: Counters,
  after: Counters,
  url: string,
  selector: string,
  rank?: number,
): number | undefined {
  const now = total(after.get(url) ?? [], selector, rank);
  return now === undefined ? undefined : now - (total(before.get(url) ?? [], selector, rank) ?? 0);
}

export const COMPUTED = 'vllm:prompt_tokens_by_source_total{source="local_compute"}';
export const PROMPTS = "vllm:prompt_tokens_total";

/** Targets that worked on a prompt in between: the pair that served, where the proxy does not name it. */
export function moved(before: Counters, after: Counters, targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ url }) => (rise(before, after, url, PROMPTS) ?? 0) > 0);
}

/**
 * Which of the ranks behind a url worked on a prompt in between. Each rank has counters of its own, under its global number as the
 * label `engine`; a slot is its place among those of this url.
 */
export function movedSlot(before: Counters, after: Counters, url: string): number {
  const now = (after.get(url) ?? []).flatMap(({ labels }) =>
    labels.engine === undefined ? [] : [Number(labels.engine)],
  );
  const ranks = [...new Set(now)].sort((a, b) => a - b);
  return Math.max(
    0,
    ranks.findIndex((rank) => (rise(before, after, url, PROMPTS, rank) ?? 0) > 0),
  );
}

/** What decode says about where the prompt's tokens came from. */
export interface Seen {
  /** Tokens that came from prefill; undefined: no counter tells. */
  readonly tokens: number | undefined;
  readonly bytes: number | undefined;
  readonly computed: number | undefined;
  readonly transferMs: number | undefined;
  /** Counters that must not rise, and did. */
  readonly wrong: readonly string[];
}

export function seen(before: Counters, after: Counters, url: string, proof: Proof): Seen {
  const bytes = proof.rises.find((name) => name.includes("bytes"));
  const seconds = rise(before, after, url, "vllm:nixl_xfer_time_seconds_sum");
  return {
    tokens: rise(before, after, url, proof.tokens),
    bytes: bytes === undefined ? undefined : rise(before, after, url, bytes),
    computed: rise(before, after, url, COMPUTED),
    transferMs: seconds === undefined ? undefined : seconds * 1000,
    wrong: proof.stays.filter((name) => (rise(before, after, url, name) ?? 0) > 0),
  };
}
