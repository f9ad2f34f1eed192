import { decodeBody, prefillBody } from "./bodies.ts";
import type { Family } from "./family.ts";

/** Prefill writes its KV blocks to the store, decode finds them there by their content; nothing is carried. Source: proxy-protocols.md §D. */
export const sharedStore: Family = async (legs) => {
  const p = legs.pick("prefill");
  const answer = await legs.send(p, prefillBody(legs));
  if (answer.status !== 200) return answer; // the client reads prefill's own words
  await legs.readPrefill(answer); // the blocks are stored before the request ends
  const d = legs.pick("decode");
  return legs.send(d, decodeBody(legs));
};
