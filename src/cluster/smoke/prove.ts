import type { Session } from "../../nodes/session.ts";
import type { SmokeStep } from "../../plan/plan.ts";
import type { Target } from "../../proxy/config.ts";
import type { Evidence, ProofData } from "../events.ts";
import { total } from "../metrics.ts";
import { scrape } from "./scrape.ts";
import { type Slot, type Trial, trial } from "./trial.ts";

export interface Proving {
  readonly step: SmokeStep;
  readonly targets: readonly Target[];
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
}

/**
 * Sends completions one after the other until every prefill slot and every decode slot has served one, at most three times
 * as many as there are slots, and grades what the engines' own counters say. `uncounted` is called before the first request
 * when no decode engine has the counter.
 */
export async function prove(
  session: Session,
  { step, targets }: Proving,
  signal: AbortSignal,
  uncounted: () => Promise<void>,
): Promise<Proved> {
  const all = { prefill: slots(targets, "prefill"), decode: slots(targets, "decode") };
  const most = Math.max(step.requests, 3 * Math.max(all.prefill.length, all.decode.length));
  const met = { prefill: new Set<string>(), decode: new Set<string>() };
  const trials: Trial[] = [];
  let counters = await scrape(session, targets, signal);
  if (![...counters.values()].some((samples) => total(samples, step.proof.tokens) !== undefined)) await uncounted();
  while (trials.length < most && (trials.length < step.requests || !covered(all, met))) {
    const one = await trial(session, step, targets, counters, signal);
    counters = one.after;
    trials.push(one.trial);
    if (one.trial.prefill !== undefined) met.prefill.add(name(one.trial.prefill));
    if (one.trial.decode !== undefined) met.decode.add(name(one.trial.decode));
  }
  return {
    proof: graded(trials, all, met),
    broken: trials.flatMap(judge),
    served: trials.map(({ decode }) => decode?.url),
  };
}

type Sides<T> = { readonly prefill: T; readonly decode: T };

const name = ({ url, slot }: Slot) => `${url}#${slot}`;
const slots = (targets: readonly Target[], role: Target["role"]) =>
  targets
    .filter((target) => target.role === role)
    .flatMap(({ url, slots }) => Array.from({ length: slots }, (_, slot) => name({ url, slot })));
const covered = (all: Sides<readonly string[]>, met: Sides<ReadonlySet<string>>) =>
  all.prefill.every((slot) => met.prefill.has(slot)) && all.decode.every((slot) => met.decode.has(slot));

function judge(one: Trial, at: number): readonly Broken[] {
  const broken = (kind: Broken["kind"]) => [{ trial: one, request: at + 1, kind }];
  if (one.seen.wrong.length > 0) return broken("transfer-failed");
  if (one.seen.tokens === 0) return broken("kv-not-moved");
  if (one.own !== undefined && differsAt(one.answer, one.own) === 0) return broken("other-answer");
  return [];
}

/** Index of the first word in which two answers differ; undefined: they are the same. */
export function differsAt(answer: string, own: string): number | undefined {
  const [a, b] = [answer.trim().split(/\s+/), own.trim().split(/\s+/)];
  const at = a.findIndex((word, index) => word !== b[index]);
  if (at >= 0) return at;
  return a.length === b.length ? undefined : a.length;
}

function graded(trials: readonly Trial[], all: Sides<readonly string[]>, met: Sides<ReadonlySet<string>>): ProofData {
  const sum = (of: (one: Trial) => number | undefined) => trials.reduce((total, one) => total + (of(one) ?? 0), 0);
  const bytes = sum(({ seen }) => seen.bytes);
  const compared = trials.filter(({ own }) => own !== undefined);
  const right = compared.filter(({ answer, own }) => own !== undefined && differsAt(answer, own) === undefined);
  const side = (role: "prefill" | "decode") => all[role].filter((slot) => met[role].has(slot));
  return {
    evidence: evidence(trials),
    requests: trials.length,
    prompt_tokens: sum(({ promptTokens }) => promptTokens),
    from_prefill: sum(({ seen }) => seen.tokens),
    ...(bytes > 0 && { bytes }),
    covered: {
      prefill: [side("prefill").length, all.prefill.length],
      decode: [side("decode").length, all.decode.length],
    },
    endpoints: { prefill: endpoints(side("prefill"), all.prefill), decode: endpoints(side("decode"), all.decode) },
    uncovered: [...all.prefill, ...all.decode].filter((slot) => !met.prefill.has(slot) && !met.decode.has(slot)),
    answers: [right.length, compared.length],
    same_answer: compared.length > 0 && right.length === compared.length,
    latency: latency(trials),
  };
}

/** A counter that every decode engine has is the best evidence there is; no counter anywhere is none. */
const evidence = (trials: readonly Trial[]): Evidence =>
  trials.length > 0 && trials.every(({ seen }) => seen.tokens !== undefined && seen.tokens > 0) ? "counter" : "none";

function endpoints(met: readonly string[], all: readonly string[]): readonly [number, number] {
  const urls = (names: readonly string[]) => new Set(names.map((one) => one.slice(0, one.lastIndexOf("#")))).size;
  return [urls(met), urls(all)];
}

function latency(trials: readonly Trial[]): NonNullable<ProofData["latency"]> {
  const of = (pick: (one: Trial) => number | undefined) => median(trials.flatMap((one) => pick(one) ?? []));
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
    first: trials[0]?.latency.totalMs ?? 0,
  };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
