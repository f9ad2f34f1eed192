import type { AloneReason, Ask } from "../body/ask.ts";
import { carriesOneSequence } from "../families/carried.ts";
import type { House } from "../house.ts";
import type { CallLegs } from "../legs/legs.ts";
import type { Settled } from "../settings/usual.ts";

type Door = Pick<House, "rosters"> & { readonly config: Settled };

/** Why a request goes to decode alone, as far as it can be known before it has a place; none: it takes both legs. */
export function routeOf({ rosters, config }: Door, legs: CallLegs): AloneReason | undefined {
  const { ask } = legs;
  if (ask.singleOnly !== undefined && !(isSeveral(ask) && !carriesOneSequence(config.family))) return ask.singleOnly;
  if (isShort(config, ask, () => rosters.decode.cached(legs.traits))) return "short_prompt";
  return config.on_prefill_down === "decode-only" && !rosters.prefill.open ? "prefill_down" : undefined;
}

/** Decode would serve it alone for nothing but that an engine makes several sequences of it. */
export const isSeveral = ({ singleOnly }: Ask): boolean => singleOnly === "n" || singleOnly === "prompt_list";

/**
 * Two legs are worth their while when there is enough to prefill. What decode has cached already is not, where its policy knows what it has.
 * Source: proxy-protocols.md §3.4 R20.
 */
const isShort = ({ pd_min_prompt_tokens: least }: Settled, { promptTokens }: Ask, cached: () => number): boolean =>
  least !== undefined && (promptTokens < least || promptTokens - cached() < least);

/**
 * Takes the place in prefill that the leg begins with. @returns false while there is none and the request is to wait for it; else the reason
 * for which it goes without
 */
export function place({ config }: Door, legs: CallLegs): { readonly alone?: AloneReason } | false {
  if (legs.reservePrefill()) return {};
  return config.on_prefill_saturated === "decode-only" ? { alone: "prefill_saturated" } : false;
}
