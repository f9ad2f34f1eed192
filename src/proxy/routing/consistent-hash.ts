import { createHash } from "node:crypto";
import { type Slot, slotName } from "./endpoint.ts";
import type { Choose } from "./policies.ts";

const POINTS = 160; // per slot: the shares then differ by some percent
const ABOVE_MEAN = 1.25;

const place = (text: string) => createHash("sha256").update(text).digest().readUIntBE(0, 6);

/**
 * The same slot for the same user or conversation as long as it is there and not far busier than the others; when a slot comes or goes, only the
 * requests that were its own move. Source: proxy-protocols.md §3.4 R19.
 */
export function consistentHash(): Choose {
  const known = new Set<Slot>();
  let ring: readonly { readonly at: number; readonly slot: Slot }[] = [];
  const forget = () => {
    const gone = [...known].filter(({ endpoint }) => endpoint.presence === "gone");
    if (gone.length === 0) return;
    for (const slot of gone) known.delete(slot);
    ring = ring.filter(({ slot }) => known.has(slot));
  };
  const learn = (slots: readonly Slot[]) => {
    forget();
    const fresh = slots.filter((slot) => !known.has(slot));
    if (fresh.length === 0) return;
    for (const slot of fresh) known.add(slot);
    const points = fresh.flatMap((slot) =>
      Array.from({ length: POINTS }, (_, index) => ({ at: place(`${slotName(slot)} ${index}`), slot })),
    );
    ring = [...ring, ...points].sort((a, b) => a.at - b.at);
  };
  return (slots, { affinity }) => {
    learn(slots);
    const able = new Set(slots);
    const busy = slots.reduce((sum, { inFlight }) => sum + inFlight, 1);
    const most = Math.ceil((ABOVE_MEAN * busy) / slots.length);
    const from = firstAt(ring, place(affinity()));
    for (let step = 0; step < ring.length; step++) {
      const slot = ring[(from + step) % ring.length]?.slot;
      if (slot && able.has(slot) && slot.inFlight < most) return slot;
    }
    return undefined;
  };
}

/** Index of the first point at or after a place; the ring's length when there is none. */
function firstAt(ring: readonly { readonly at: number }[], wanted: number): number {
  let [low, high] = [0, ring.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ring[middle]?.at ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
