import type { AloneReason } from "../body/ask.ts";
import { carriesOneSequence } from "../families/carried.ts";
import type { Answer, Family } from "../families/family.ts";
import type { House } from "../house.ts";
import type { CallLegs } from "../legs/legs.ts";
import { type Parts, partsOf } from "../rewrite/split/parts.ts";
import type { Settled } from "../settings/usual.ts";
import { askOf, type Call } from "./call.ts";
import { OnePair } from "./one-pair.ts";
import type { RequestIds } from "./request-id.ts";
import { isSeveral } from "./route.ts";
import { SeveralPairs } from "./several-pairs.ts";

/** What work is done with. */
export interface Bench extends House {
  readonly config: Settled;
  readonly family: Family;
  readonly ids: RequestIds;
}

/** What is done for one request: a pair of legs, or one for each of its parts. */
export interface Work {
  /** The only pair, or the first. */
  readonly legs: CallLegs;
  readonly pairs: number;
  /** Its answer stands still for a reason: it is being prefilled again. */
  readonly isResuming: boolean;
  /** @param reason why the first pair is decode alone, if so */
  answer(reason: AloneReason | undefined): Promise<Answer>;
  /** Gives back all that is still held. The ids are free when nothing goes on under them any more. */
  release(): void;
}

export function workFor(bench: Bench, call: Call): Work {
  const parts = splits(bench, call);
  return parts ? new SeveralPairs(bench, call, parts) : new OnePair(bench, call);
}

/**
 * The parts of a request that cannot have both legs as a whole; none where the family carries nothing between its legs, so that one pair serves all
 * sequences, and none where the parts would go to decode alone as well.
 */
function splits({ config, rosters }: Bench, { body, ask, path }: Call): Parts | undefined {
  if (!isSeveral(ask) || !carriesOneSequence(config.family) || !rosters.prefill.open) return undefined;
  const parts = partsOf(body, config.split_most);
  const least = config.pd_min_prompt_tokens ?? 0;
  return parts?.some((part) => askOf(part.body, path).promptTokens >= least) ? parts : undefined;
}
