import type { Slot } from "./endpoint.ts";
import { type Choose, leastLoaded } from "./policies.ts";
import { BLOCK_TOKENS } from "./traits.ts";

const REMEMBERED = 16_384; // blocks per slot: 4 MiB of prompts
const MATCH_LEAST = 0.3;
const BUSIER = 1.5;
const BUSIER_REQUESTS = 64;

/**
 * The slot that has seen the longest beginning of this prompt, where that is a good part of it and the slot is not far busier than the idlest:
 * its cache holds the KV. Else the least loaded. What an engine has really kept is not known, only what it was sent. Source: proxy-protocols.md §3.4 R19.
 */
export function prefixAware(): Choose {
  const seen = new WeakMap<Slot, Set<number>>();
  const choose: Choose = (slots, traits) => {
    const blocks = traits.prefix();
    const slot = best(slots, blocks, seen) ?? leastLoaded(slots, traits);
    if (slot) remember(slot, blocks, seen);
    return slot;
  };
  const cached: NonNullable<Choose["cached"]> = (slots, traits) => {
    const blocks = traits.prefix();
    const slot = best(slots, blocks, seen);
    return slot ? matched(blocks, seen.get(slot)) * BLOCK_TOKENS : 0;
  };
  return Object.assign(choose, { cached });
}

function best(slots: readonly Slot[], blocks: readonly number[], seen: WeakMap<Slot, Set<number>>): Slot | undefined {
  const idlest = Math.min(...slots.map(({ inFlight }) => inFlight));
  let [found, longest]: [Slot | undefined, number] = [undefined, 0];
  for (const slot of slots) {
    const length = matched(blocks, seen.get(slot));
    if (length <= longest || length < MATCH_LEAST * blocks.length) continue;
    if (slot.inFlight <= BUSIER * idlest + BUSIER_REQUESTS) [found, longest] = [slot, length];
  }
  return found;
}

/** How many blocks from the first on were there before; each hash stands for all of the prompt up to its block's end. */
function matched(blocks: readonly number[], had: ReadonlySet<number> | undefined): number {
  if (!had) return 0;
  const first = blocks.findIndex((block) => !had.has(block));
  return first < 0 ? blocks.length : first;
}

/** The blocks that were not used for the longest time go first. */
function remember(slot: Slot, blocks: readonly number[], seen: WeakMap<Slot, Set<number>>): void {
  const had = seen.get(slot) ?? new Set<number>();
  seen.set(slot, had);
  for (const block of blocks) {
    had.delete(block);
    had.add(block);
  }
  for (const oldest of had) {
    if (had.size <= REMEMBERED) break;
    had.delete(oldest);
  }
}
