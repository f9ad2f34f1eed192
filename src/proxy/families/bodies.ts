import type { Payload } from "../body/payload.ts";
import { type Changes, spliced } from "../body/splice.ts";
import type { Legs } from "./family.ts";

/**
 * The client's request as prefill gets it: one token, no stream, nothing that would look at the token; the prompt and all that
 * shapes it untouched. `min_tokens: 1` makes prefill end by length where that is the condition for its ticket; else it goes, as
 * the client's own could exceed the one token. Source: proxy-protocols.md §G.8, §3.1 R2.
 */
export function prefillBody({ body, numbers }: Legs, set: Changes["set"] = {}): Payload {
  return spliced(body, {
    set: { stream: "false", max_tokens: "1", ...(numbers.lengthCapped && { min_tokens: "1" }), ...set },
    drop: NOT_FOR_PREFILL,
  });
}

/** The client's request as it came, with what the family carries. */
export function decodeBody({ body }: Legs, set: Changes["set"] = {}): Payload {
  return spliced(body, { set, drop: CLIENTS_MAY_NOT });
}

/** A client that could set these would read the KV of others. Source: proxy-protocols.md §3.1 R4. */
const CLIENTS_MAY_NOT: ReadonlySet<string> = new Set([
  "kv_transfer_params",
  "bootstrap_host",
  "bootstrap_port",
  "bootstrap_room",
  "transfer_id",
]);
const NOT_FOR_PREFILL: ReadonlySet<string> = new Set([
  ...CLIENTS_MAY_NOT,
  ...["stream_options", "max_completion_tokens", "min_tokens", "n", "stop", "logprobs", "top_logprobs"],
]);
