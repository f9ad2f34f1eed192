import { type AloneReason, readAsk } from "../body/ask.ts";
import { carriesOneSequence } from "../families/carried.ts";
import type { Answer, Family } from "../families/family.ts";
import type { House } from "../house.ts";
import { CallLegs } from "../legs/legs.ts";
import { withCachedTokens } from "../rewrite/cached-tokens.ts";
import { Identity, renamed } from "../rewrite/identity.ts";
import { merged, type OpenPart } from "../rewrite/split/merged.ts";
import { openAll } from "../rewrite/split/open-all.ts";
import { type Part, type Parts, partsOf } from "../rewrite/split/parts.ts";
import type { Settled } from "../settings/usual.ts";
import { answerTo } from "./answer-to.ts";
import type { Call } from "./call.ts";
import { ClientLeft } from "./client-left.ts";
import type { RequestIds } from "./request-id.ts";
import { isSeveral, place, routeOf } from "./route.ts";

interface Bench extends House {
  readonly config: Settled;
  readonly family: Family;
  readonly ids: RequestIds;
}

/** What is done for one request: a pair of legs, or one for each of its parts. */
export interface Work {
  /** The only pair, or the first. */
  readonly legs: CallLegs;
  readonly pairs: number;
  /** @param reason why the first pair is decode alone, if so */
  answer(reason: AloneReason | undefined): Promise<Answer>;
  /** Gives back all that is still held. The ids are free when nothing goes on under them any more. */
  release(): void;
}

export function workFor(bench: Bench, call: Call): Work {
  const parts = splits(bench, call);
  return parts ? new Several(bench, call, parts) : new One(bench, call);
}

/**
 * The parts of a request that cannot have both legs as a whole; none where the family carries nothing between its legs, so that one pair serves all
 * sequences, and none where the parts would go to decode alone as well.
 */
function splits({ config, rosters }: Bench, { body, ask, path }: Call): Parts | undefined {
  if (!isSeveral(ask) || !carriesOneSequence(config.family) || !rosters.prefill.open) return undefined;
  const parts = partsOf(body, config.split_most);
  const least = config.pd_min_prompt_tokens ?? 0;
  return parts?.some((part) => readAsk(part.body, path).promptTokens >= least) ? parts : undefined;
}

class One implements Work {
  readonly legs: CallLegs;
  readonly pairs = 1;
  readonly #bench: Bench;
  readonly #id: string;

  constructor(bench: Bench, call: Call) {
    this.#bench = bench;
    this.#id = call.id;
    this.legs = new CallLegs(bench, call);
  }

  answer(reason: AloneReason | undefined): Promise<Answer> {
    return answerOf(this.#bench, this.legs, reason);
  }

  release(): void {
    const { ids } = this.#bench;
    void Promise.resolve(this.legs.release()).then(() => ids.release(this.#id));
  }
}

interface Pair {
  readonly part: Part;
  readonly id: string;
  readonly legs: CallLegs;
  readonly letGo: () => void;
}

class Several implements Work {
  readonly legs: CallLegs;
  readonly pairs: number;
  readonly #bench: Bench;
  readonly #call: Call;
  readonly #all: readonly Pair[];

  constructor(bench: Bench, call: Call, [part, ...parts]: Parts) {
    this.#bench = bench;
    this.#call = call;
    const first = this.#pair(part, 0);
    this.#all = [first, ...parts.map((other, index) => this.#pair(other, index + 1))];
    this.pairs = this.#all.length;
    this.legs = first.legs;
    bench.books.split.add({ reason: call.ask.singleOnly ?? "" });
  }

  async answer(reason: AloneReason | undefined): Promise<Answer> {
    const openings = this.#all.map((pair) => ({ ...pair, open: () => this.#open(pair.legs, reason) }));
    const opened = await openAll(openings, () => this.#bench.rosters.prefill.full);
    if ("refused" in opened) return opened.refused;
    const parts = opened.all.map(([{ part, legs, letGo }, answer]): OpenPart => {
      return { answer, letGo, place: part, broke: (error) => legs.broke(answer, error) };
    });
    const rename = (id: string, from: number) => renamed(this.#all[from]?.id ?? "", this.#call.id)(id);
    return merged(parts, new Identity(rename));
  }

  release(): void {
    for (const { legs, id } of this.#all) void Promise.resolve(legs.release()).then(() => this.#bench.ids.release(id));
  }

  #open(legs: CallLegs, first: AloneReason | undefined): Promise<Answer> {
    if (legs === this.legs) return answerOf(this.#bench, legs, first);
    legs.progress.stage = "prefill";
    const reason = routeOf(this.#bench, legs);
    const entered = reason === undefined && place(this.#bench, legs);
    return answerOf(this.#bench, legs, entered ? entered.alone : reason);
  }

  #pair(part: Part, index: number): Pair {
    const { id: whole, path, signal } = this.#call;
    const own = new AbortController();
    const follow = () => own.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener("abort", follow, { once: true });
    const id = index === 0 ? whole : this.#bench.ids.child(whole, `p${index}`);
    const legs = new CallLegs(this.#bench, {
      ...this.#call,
      id,
      body: part.body,
      ask: readAsk(part.body, path),
      signal: own.signal,
      near: () => this.#firstSampleOf(part)?.legs.progress.prefill,
    });
    return { part, id, legs, letGo: () => own.abort(new ClientLeft()) }; // as if its client had left: it is not wanted any more
  }

  /** Another sample of the same prompt is prefilled where the first one is: the engine has its KV. */
  #firstSampleOf({ index, sample }: Part): Pair | undefined {
    return sample === 0 ? undefined : this.#all.find(({ part }) => part.index === index - sample);
  }
}

/** A pair's answer, with what is corrected in it. */
async function answerOf(bench: Bench, legs: CallLegs, reason: AloneReason | undefined): Promise<Answer> {
  const answer = await answerTo(bench, legs, reason);
  return legs.correctsCachedTokens ? withCachedTokens(answer, () => legs.progress.cachedTokens) : answer;
}
