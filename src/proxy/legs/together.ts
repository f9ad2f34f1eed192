import type { Answer, Pair, PairTerms } from "../families/family.ts";
import type { Slot } from "../routing/endpoint.ts";
import { type Means, PairAttempt, type Tried } from "./pair.ts";
import { pause } from "./pause.ts";
import { type Failure, retryAfterMs } from "./retry-matrix.ts";
import type { Outcome } from "./sender.ts";

/**
 * Two legs at once, until an attempt of them succeeds or nothing may be tried any more. Whatever of the two has failed, both go again under
 * a new id: each has been told of the other, and what the first attempt left behind must not be taken for the second's.
 */
export async function together(
  means: Means,
  make: (prefill: Slot, decode: Slot, id: string) => Pair,
  { terms, tail }: { terms: PairTerms; tail: (work: Promise<unknown>) => void },
): Promise<Answer> {
  const tried: Tried = { prefill: new Set(), decode: new Set() };
  for (;;) {
    const { id } = means.sender;
    const outcome = await new PairAttempt(means, terms, tried).run((p, d) => make(p, d, id), tail);
    const { failure, result } = outcome;
    const waitMs = failure && chanceFor(means, outcome, failure, tried);
    if (isFromDecode(outcome) && "answer" in result && result.answer.status === 200 && waitMs === undefined)
      return result.answer;
    means.sender.nextAttempt(); // an engine may have this id still
    if (waitMs !== undefined) await again(means, result, waitMs);
    else if ("answer" in result) return result.answer;
    else throw result.error;
  }
}

const isFromDecode = ({ seat }: Outcome) => seat.slot.endpoint.role === "decode";

/** @returns how long to wait before the next attempt, ms; none: this was the last */
function chanceFor(
  { chances, call }: Means,
  { seat, result }: Outcome,
  failure: Failure,
  tried: Tried,
): number | undefined {
  const { endpoint } = seat.slot;
  if (call.signal.aborted) return undefined;
  if (failure !== "idle_closed") tried[endpoint.role].add(endpoint);
  const later = "answer" in result ? retryAfterMs(result.answer.headers["retry-after"]) : undefined;
  return chances.take({ endpoint, failure, tried: tried[endpoint.role], later })?.waitMs;
}

async function again({ hold, progress, call }: Means, result: Outcome["result"], waitMs: number): Promise<void> {
  if ("answer" in result) result.answer.drop();
  hold.forget();
  progress.stage = "prefill";
  if (waitMs > 0) await pause(waitMs, call.signal);
}
