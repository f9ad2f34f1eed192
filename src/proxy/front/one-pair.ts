import type { AloneReason } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";
import type { Answer } from "../families/family.ts";
import { CallLegs } from "../legs/legs.ts";
import { withCachedTokens } from "../rewrite/cached-tokens.ts";
import { askingForUsage } from "../rewrite/recompute/resume-body.ts";
import { resumed, type Told } from "../rewrite/recompute/resumed.ts";
import { answerTo } from "./answer-to.ts";
import { askOf, type Call } from "./call.ts";
import { routeOf } from "./route.ts";
import type { Bench, Work } from "./work.ts";

/** A request as one pair of legs, and again as another where decode gave it back. */
export class OnePair implements Work {
  readonly legs: CallLegs;
  readonly pairs = 1;
  readonly #bench: Bench;
  readonly #call: Call;
  /** Legs of the same request, where decode gave it back. */
  readonly #more: { readonly id: string; readonly legs: CallLegs }[] = [];
  #resumes = false;

  constructor(bench: Bench, call: Call) {
    this.#bench = bench;
    this.#call = resumes(bench, call) && call.ask.streams && !call.ask.carriesUsage ? asking(call) : call;
    this.legs = new CallLegs(bench, this.#call);
  }

  get isResuming(): boolean {
    return this.#resumes;
  }

  async answer(reason: AloneReason | undefined): Promise<Answer> {
    if (!resumes(this.#bench, this.#call)) return corrected(this.legs, await answerTo(this.#bench, this.legs, reason));
    const told = await this.#told(this.legs, reason);
    const { body, ask } = this.#call;
    return resumed(told, { body, tellsUsage: ask.carriesUsage, open: (next) => this.#again(next, told.answer) });
  }

  release(): void {
    const { ids } = this.#bench;
    const end = (id: string, legs: CallLegs) => {
      const tails = legs.release();
      if (tails !== undefined) void tails.then(() => ids.release(id));
      else ids.release(id);
    };
    end(this.#call.id, this.legs);
    for (const { id, legs } of this.#more) end(id, legs);
  }

  async #again(body: JsonObject, from: Answer): Promise<Told> {
    const { id: first, path, ask } = this.#call;
    const id = this.#bench.ids.child(first, `c${this.#more.length + 1}`);
    const again = { ...askOf(body, path), carriesUsage: ask.carriesUsage };
    const legs = new CallLegs(this.#bench, { ...this.#call, id, body, ask: again });
    this.#more.push({ id, legs });
    this.#bench.books.recomputes.add({ target: from.from.endpoint.url });
    this.#resumes = true;
    try {
      return await this.#told(legs, routeOf(this.#bench, legs));
    } finally {
      this.#resumes = false;
    }
  }

  /** A pair's answer, with what is corrected in it. */
  async #told(legs: CallLegs, reason: AloneReason | undefined): Promise<Told> {
    const answer = await answerTo(this.#bench, legs, reason);
    return { answer: corrected(legs, answer), broke: (error) => legs.broke(answer, error) };
  }
}

const corrected = (legs: CallLegs, answer: Answer): Answer =>
  legs.correctsCachedTokens ? withCachedTokens(answer, () => legs.progress.cachedTokens) : answer;

/** Decode may give it back, and what it says of it is known. */
const resumes = ({ config }: Bench, { ask }: Call) =>
  config.resume_recomputed === true && ask.singleOnly !== "other_api";
const asking = (call: Call): Call => ({ ...call, body: askingForUsage(call.body) });
