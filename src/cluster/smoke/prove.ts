import type { Session } from "../../nodes/session.ts";
import type { SmokeStep } from "../../plan/plan.ts";
import type { Target } from "../../proxy/config.ts";
import type { Evidence, ProofData } from "../events.ts";
import { total } from "../serving/metrics.ts";
import { Coverage } from "./coverage.ts";
import { scrape } from "./scrape.ts";
import { type Trial, type TrialKeys, trial } from "./trial.ts";
import type { Answering } from "./witness.ts";

export interface Proving {
  readonly step: SmokeStep;
  readonly targets: readonly Target[];
  /** Every prefill endpoint has to hand KV to every decode endpoint, as a rehearsal wants it; else each has to serve once. */
  readonly paths: boolean;
  readonly engines: readonly Pick<Answering, "url" | "hardware" | "service">[];
  /** Values of the variables that the step names. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** A trial that shows the opposite of what it should: KV did not move, the answer differs, a failure counter rose. */
export interface Broken {
  readonly trial: Trial;
  readonly request: number;
  readonly kind: "kv-not-moved" | "other-answer" | "transfer-failed";
}

export interface Proved {
  readonly proof: ProofData;
  /** Url of the decode engine of every request, in their order. */
  readonly served: readonly (string | undefined)[];
  readonly broken: readonly Broken[];
  /** Answers that begin as decode's own and go on differently, or differ as two kinds of hardware may: worth a look. */
  readonly differing: readonly { readonly request: number; readonly word: number }[];
}

/**
 * Sends completions one after the other until every prefill slot and every decode slot has served one, at most three times
 * as many as there is to cover, and grades what the engines' own counters say. `uncounted` is called before the first request
 * when no decode engine has the counter.
 */
export async function prove(
  session: Session,
  { step, targets, paths, engines, secrets }: Proving,
  signal: AbortSignal,
  uncounted: () => Promise<void>,
): Promise<Proved> {
  const coverage = new Coverage(targets);
  const most = Math.max(step.requests, coverage.most({ paths }));
  const trials: Trial[] = [];
  let counters = await scrape(session, targets, signal);
  if (![...counters.values()].some((samples) => total(samples, step.proof.tokens) !== undefined)) await uncounted();
  while (trials.length < most && (trials.length < step.requests || !coverage.done({ paths }))) {
    const one = await trial(session, { step, targets, keys: keysOf(step, secrets) }, counters, signal);
    counters = one.after;
    trials.push(one.trial);
    coverage.add(one.trial);
  }
  return {
    proof: graded(trials, coverage, { paths, engines }),
    broken: trials.flatMap((one, at) => judge(one, at, mixed(one, engines))),
    differing: trials.flatMap((one, at) => {
      const word = one.own === undefined ? undefined : differsAt(one.answer, one.own);
      return word === undefined ? [] : [{ request: at + 1, word: word + 1 }];
    }),
    served: trials.map(({ decode }) => decode?.url),
  };
}

const keysOf = ({ keys = {} }: SmokeStep, secrets: Proving["secrets"]): TrialKeys => ({
  proxy: bearer(keys.proxy === undefined ? undefined : secrets[keys.proxy]),
  engines: bearer(keys.engines === undefined ? undefined : secrets[keys.engines]),
});

/** @param keys  separated by commas, as the proxy takes them: any of them will do */
function bearer(keys: string | undefined): TrialKeys["proxy"] {
  const [first] = (keys ?? "").split(/[\s,]+/).filter((key) => key !== "");
  return first === undefined ? {} : { authorization: `Bearer ${first}` };
}

/** Prefill and decode compute on different hardware: their first token may differ, honestly. */
function mixed({ prefill, decode }: Trial, engines: Proving["engines"]): boolean {
  const of = (slot: Trial["prefill"]) => engines.find(({ url }) => url === slot?.url)?.hardware;
  return of(prefill) !== of(decode);
}

function judge(one: Trial, at: number, mixed: boolean): readonly Broken[] {
  const broken = (kind: Broken["kind"]) => [{ trial: one, request: at + 1, kind }];
  if (one.seen.wrong.length > 0) return broken("transfer-failed");
  if (one.seen.tokens === 0) return broken("kv-not-moved");
  if (!mixed && one.own !== undefined && differsAt(one.answer, one.own) === 0) return broken("other-answer");
  return [];
}

/** Index of the first word in which two answers differ; undefined: they are the same. */
export function differsAt(answer: string, own: string): number | undefined {
  const [a, b] = [answer.trim().split(/\s+/), own.trim().split(/\s+/)];
  const at = a.findIndex((word, index) => word !== b[index]);
  if (at >= 0) return at;
  return a.length === b.length ? undefined : a.length;
}

function graded(
  trials: readonly Trial[],
  coverage: Coverage,
  { paths, engines }: Pick<Proving, "paths" | "engines">,
): ProofData {
  const sum = (of: (one: Trial) => number | undefined) => trials.reduce((total, one) => total + (of(one) ?? 0), 0);
  const bytes = sum(({ seen }) => seen.bytes);
  const compared = trials.filter(({ own }) => own !== undefined);
  const right = compared.filter(({ answer, own }) => own !== undefined && differsAt(answer, own) === undefined);
  return {
    evidence: evidence(trials),
    requests: trials.length,
    prompt_tokens: sum(({ promptTokens }) => promptTokens),
    from_prefill: sum(({ seen }) => seen.tokens),
    ...(bytes > 0 && { bytes }),
    covered: { prefill: coverage.slots("prefill"), decode: coverage.slots("decode") },
    endpoints: { prefill: coverage.endpoints("prefill"), decode: coverage.endpoints("decode") },
    ...(paths && { paths: coverage.paths }),
    uncovered: coverage.named((url) => engines.find((one) => one.url === url)?.service),
    answers: [right.length, compared.length],
    same_answer: compared.length > 0 && right.length === compared.length,
    latency: latency(trials),
  };
}

/** A counter that every decode engine has is the best evidence there is; no counter anywhere is none. */
const evidence = (trials: readonly Trial[]): Evidence =>
  trials.length > 0 && trials.every(({ seen }) => seen.tokens !== undefined && seen.tokens > 0) ? "counter" : "none";

function latency(trials: readonly Trial[]): NonNullable<ProofData["latency"]> {
  const of = (pick: (one: Trial) => number | undefined) => rounded(median(trials.flatMap((one) => pick(one) ?? [])));
  const prefill = of((one) => one.latency.prefillMs);
  const transfer = of((one) => one.seen.transferMs);
  const decode = of(({ latency }) =>
    latency.prefillMs === undefined ? undefined : latency.totalMs - latency.prefillMs,
  );
  return {
    ...(prefill !== undefined && { prefill }),
    ...(transfer !== undefined && { transfer }),
    ...(decode !== undefined && { decode }),
    total: of(({ latency }) => latency.totalMs) ?? 0,
    first: rounded(trials[0]?.latency.totalMs) ?? 0,
  };
}

/** To a tenth of a millisecond: no clock here is finer. */
const rounded = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms * 10) / 10);

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
