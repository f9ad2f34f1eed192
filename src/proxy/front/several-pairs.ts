import type { AloneReason } from "../body/ask.ts";
import type { Answer } from "../families/family.ts";
import type { CallLegs } from "../legs/legs.ts";
import { Identity, renamed } from "../rewrite/identity.ts";
import { merged, type OpenPart } from "../rewrite/split/merged.ts";
import { openAll } from "../rewrite/split/open-all.ts";
import type { Part, Parts } from "../rewrite/split/parts.ts";
import { LetGo } from "../signal.ts";
import { askOf, type Call } from "./call.ts";
import { ClientLeft } from "./client-left.ts";
import { OnePair } from "./one-pair.ts";
import { place, routeOf } from "./route.ts";
import type { Bench, Work } from "./work.ts";

interface Pair {
  readonly part: Part;
  readonly id: string;
  readonly work: OnePair;
  readonly letGo: () => void;
}

/** A request of several prompts or samples as a pair of legs for each, and one answer. */
export class SeveralPairs implements Work {
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
    this.legs = first.work.legs;
    bench.books.split.add({ reason: call.ask.singleOnly ?? "" });
  }

  get isResuming(): boolean {
    return this.#all.some(({ work }) => work.isResuming);
  }

  async answer(reason: AloneReason | undefined): Promise<Answer> {
    const openings = this.#all.map((pair) => ({ ...pair, open: () => this.#open(pair.work, reason) }));
    const opened = await openAll(openings, () => this.#bench.rosters.prefill.full);
    if ("refused" in opened) return opened.refused;
    const parts = opened.all.map(([{ part, work, letGo }, answer]): OpenPart => {
      return { answer, letGo, place: part, broke: (error) => work.legs.broke(answer, error) };
    });
    const rename = (id: string, from: number) => renamed(this.#all[from]?.id ?? "", this.#call.id)(id);
    return merged(parts, new Identity(rename));
  }

  release(): void {
    for (const { work } of this.#all) work.release();
  }

  #open(work: OnePair, first: AloneReason | undefined): Promise<Answer> {
    const { legs } = work;
    if (legs === this.legs) return work.answer(first);
    legs.progress.stage = "prefill";
    const reason = routeOf(this.#bench, legs);
    const entered = reason === undefined && place(this.#bench, legs);
    return work.answer(entered ? entered.alone : reason);
  }

  #pair(part: Part, index: number): Pair {
    const { id: whole, path, signal } = this.#call;
    const own = new LetGo();
    const follow = () => own.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener("abort", follow);
    const id = index === 0 ? whole : this.#bench.ids.child(whole, `p${index}`);
    const work = new OnePair(this.#bench, {
      ...this.#call,
      id,
      body: part.body,
      ask: askOf(part.body, path),
      signal: own,
      near: () => this.#firstSampleOf(part)?.work.legs.progress.prefill,
    });
    return { part, id, work, letGo: () => own.abort(new ClientLeft()) }; // as if its client had left: it is not wanted any more
  }

  /** Another sample of the same prompt is prefilled where the first one is: the engine has its KV. */
  #firstSampleOf({ index, sample }: Part): Pair | undefined {
    return sample === 0 ? undefined : this.#all.find(({ part }) => part.index === index - sample);
  }
}
