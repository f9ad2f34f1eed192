/** Whether an endpoint can serve. A new one is `unknown` until it has answered, and is tried when no other is up. */
export interface Health {
  readonly state: "unknown" | "up" | "down";
  /** Probes in a row that got no answer in time. */
  readonly silences: number;
  /** Good answers in a row. */
  readonly wells: number;
}

/** What a probe, or a leg, saw of an endpoint. */
export type Sight = "well" | "sick" | "refused" | "silent";

export const UNKNOWN: Health = { state: "unknown", silences: 0, wells: 0 };
/**
 * Whether a request may be tried there when no endpoint of its role is up: an engine that only is late may be busy, and
 * the last one of its role is not taken away for that; one that has begun to answer again is as good as back. One that refuses connections, or
 * calls itself dead, is not tried: the other leg's work would be for nothing. Source: proxy-protocols.md §3.7, §3.4 R17.
 */
export const isTryable = ({ state, silences, wells }: Health) => state !== "down" || silences > 0 || wells > 0;

const SILENCES = 3; // a busy engine may be late once or twice; it never refuses a connection
const WELLS = 2; // to come back: one that dies again at once would take a request with it

/** A new endpoint is up with its first good answer; a refusal, or an engine that calls itself dead, takes one out at once. */
export function after(before: Health, sight: Sight): Health {
  if (sight === "sick" || sight === "refused") return { state: "down", silences: 0, wells: 0 };
  if (sight === "silent") {
    const silences = before.silences + 1;
    return { state: silences >= SILENCES ? "down" : before.state, silences, wells: 0 };
  }
  const wells = before.wells + 1;
  return { state: before.state === "down" && wells < WELLS ? "down" : "up", silences: 0, wells };
}
