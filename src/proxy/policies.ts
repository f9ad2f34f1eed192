import type { Policy } from "./config.ts";
import type { Slot } from "./endpoint.ts";

/** Takes one of the slots that can serve; they come in the order of their turn. */
export type Choose = (slots: readonly Slot[]) => Slot | undefined;

export const policies: Readonly<Record<Policy, Choose>> = {
  round_robin: ([first]) => first,
  // the first of the least: without load it goes round, so that idle engines share the traffic
  least_loaded: ([first, ...others]) =>
    others.reduce((least, slot) => (least && slot.load >= least.load ? least : slot), first),
};
