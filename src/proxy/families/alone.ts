import type { AloneReason } from "../body/ask.ts";
import { decodeBody } from "./bodies.ts";
import type { Answer, Legs } from "./family.ts";

/** Decode does its own prefill: for requests that two legs cannot serve, and for those too short to be worth them. */
export function alone(legs: Legs, reason: AloneReason): Promise<Answer> {
  legs.goesAlone(reason);
  return legs.send(legs.pick("decode"), decodeBody(legs));
}
