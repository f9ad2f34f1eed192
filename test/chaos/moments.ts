import type { Running } from "../hosts/pdctl.ts";

/** Where a verb can be hit: a phase begins or has ended, as its own events say it. */
export interface Moment {
  readonly verb: "up" | "down";
  readonly phase: string;
  readonly state: "running" | "done";
}

const phases = {
  up: ["connect", "check", "setup", "pull", "push", "side", "engines", "proxy", "smoke"],
  down: ["logs", "proxy", "decode", "prefill", "side", "verify"],
} as const;

/** Every boundary of a phase: one ends in the moment in which the next begins. */
export const moments: readonly Moment[] = (["up", "down"] as const).flatMap((verb) =>
  phases[verb].map((phase) => ({ verb, phase, state: "running" as const })),
);

export const nameOf = ({ verb, phase }: Moment) => `${verb} begins ${phase}`;

/** Waits for it in the events of a verb that runs with --ndjson. @returns false when the verb ended before */
export async function reached(verb: Running, { phase, state }: Moment): Promise<boolean> {
  const event = new RegExp(`"type":"phase","phase":"${phase}","level":"\\w+","data":\\{"state":"${state}"`);
  try {
    await verb.until(event, { withinMs: 90_000 });
    return true;
  } catch (error) {
    if (String(error).includes("pdctl ended without")) return false;
    throw error;
  }
}
