import type { AloneReason } from "../body/ask.ts";
import { type Slot, slotName } from "../routing/endpoint.ts";

/** Where a request stands: for the metrics when its client leaves, and for the headers of its answer. */
export interface Progress {
  stage: "queued" | "prefill" | "handoff" | "decode_wait" | "decode";
  prefill?: Slot;
  decode?: Slot;
  alone?: AloneReason;
  /** From the prefill leg's first byte out to its last byte in. */
  prefillMs?: number;
  /** From prefill's answer to the connection that decode is asked on. */
  handoffMs?: number;
  /** How much of the prompt prefill had in its cache, where it said so and the client will be told. */
  cachedTokens?: string | undefined;
}

export function progressHeaders({ prefill, decode, alone, prefillMs }: Progress): Record<string, string> {
  const headers: Record<string, string> = {};
  if (prefill) headers["x-pdctl-prefill"] = slotName(prefill);
  if (decode) headers["x-pdctl-decode"] = slotName(decode);
  if (alone) headers["x-pdctl-alone"] = alone;
  if (prefillMs !== undefined) headers["server-timing"] = `prefill;dur=${prefillMs.toFixed(1)}`;
  return headers;
}
