/** Whether an endpoint can serve. A new one is `unknown` until it has answered, and is tried when no other is up. */
export interface Health {
  readonly state: "unknown" | "up" | "down";
  /** Probes in a row that got no answer in time. */
  readonly silences: number;
}

/** What a probe, or a leg, saw of an endpoint. */
export type Sight = "well" | "sick" | "refused" | "silent";

export const UNKNOWN: Health = { state: "unknown", silences: 0 };
/**
 * Whether a request may be tried there when no endpoint of its role is up: an engine that only is late may be busy, and
 * the last one of its role is not taken away for that. Source: proxy-protocols.md §3.7.
 */
export const isTryable = ({ state, silences }: Health) => state !== "down" || silences > 0;

const SILENCES = 3; // a busy engine may be late once or twice; it never refuses a connection

/** One good answer brings an endpoint back at once; a refusal or an engine that calls itself dead takes it out at once. */
export function after(before: Health, sight: Sight): Health {
  if (sight === "well") return { state: "up", silences: 0 };
  if (sight === "sick" || sight === "refused") return { state: "down", silences: 0 };
  const silences = before.silences + 1;
  return { state: silences >= SILENCES ? "down" : before.state, silences };
}
