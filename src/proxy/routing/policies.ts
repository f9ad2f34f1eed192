import type { Policy } from "../config.ts";
import { consistentHash } from "./consistent-hash.ts";
import type { Slot } from "./endpoint.ts";
import { prefixAware } from "./prefix-aware.ts";

/** What a policy may look at of the request. Worked out only by those that do. */
export interface Traits {
  /** Requests of one user or conversation have the same. */
  readonly affinity: () => string;
  /** Hashes of the prompt's blocks, each over all that stands before it too. */
  readonly prefix: () => readonly number[];
  /** A slot that is at work on the same prompt already, and is taken before any policy chooses. */
  readonly near?: () => Slot | undefined;
}

/** Takes one of the slots that can serve; they come in the order of their turn. */
export interface Choose {
  (slots: readonly Slot[], traits: Traits): Slot | undefined;
  /** Estimated tokens of the prompt that the slot it would take has in its cache. None: it does not know. */
  readonly cached?: (slots: readonly Slot[], traits: Traits) => number;
}

const PINNED_WEIGHT = 0.3;

/** Tokens that a slot is busy with; those whose KV it only holds take memory and no work. Source: proxy-protocols.md §3.4 R18. */
export const score = ({ load, pinned }: Slot): number => load + PINNED_WEIGHT * pinned;

// the first of the least: without load it goes round, so that idle engines share the traffic
export const leastLoaded: Choose = ([first, ...others]) =>
  others.reduce((least, slot) => (least && score(slot) >= score(least) ? least : slot), first);

/** One of each for every role: some remember what they chose. @param chance 0 up to 1 Source: proxy-protocols.md §3.4 R19 */
export const policies: Readonly<Record<Policy, (chance: () => number) => Choose>> = {
  round_robin:
    () =>
    ([first]) =>
      first,
  least_loaded: () => leastLoaded,
  random: (chance) => (slots) => slots[Math.floor(chance() * slots.length)],
  power_of_two: (chance) => (slots) => {
    const one = Math.floor(chance() * slots.length);
    const two = (one + 1 + Math.floor(chance() * (slots.length - 1))) % slots.length; // never the same one
    const drawn = [slots[one], slots[two]].filter((slot) => slot !== undefined);
    return drawn.reduce<Slot | undefined>(
      (less, slot) => (less && score(less) <= score(slot) ? less : slot),
      undefined,
    );
  },
  consistent_hash: () => consistentHash(),
  prefix_aware: () => prefixAware(),
};
