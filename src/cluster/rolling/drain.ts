import { folded } from "../../words/names.ts";
import { limit, several } from "../../words/numbers.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { finding } from "../run/verb.ts";
import { type Owned, without, withTargets } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";

/**
 * Takes groups out of the proxy's choice and waits for what they still work on. Requests that are left when the time is over are
 * broken off by the stop that follows, and that is said.
 * @param all  every endpoint that there is now
 */
export async function drain(
  gateway: Gateway,
  {
    all,
    away,
    content,
    limitMs,
    phase,
  }: { all: readonly Owned[]; away: ReadonlySet<string>; content: string; limitMs: number; phase: Phase },
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const { left } = without(all, away);
  const gone = all.filter((one) => !left.includes(one));
  await gateway.tell(withTargets(content, left), fleet, run);
  if (gone.length === 0 || limitMs === 0) return;
  const names = folded([...new Set(gone.map(({ group }) => group))]);
  const beat = (count: number, seconds: number) =>
    run.emit({
      type: "progress",
      level: "info",
      phase,
      data: {
        ready: 0,
        of: gone.length,
        seconds,
        limit: limitMs / 1000,
        behind: [],
        text: `${several(count, "request")} at ${names}`,
      },
    });
  const still = await gateway.drained(new Set(gone.map(({ url }) => url)), limitMs, beat, fleet, run);
  if (still === 0) return;
  const card = {
    title: `${several(still, "request")} at ${names} did not end within ${limit(limitMs / 1000)}`,
    then: "they are broken off",
    do: ["give them longer: --drain 30m"],
  };
  run.emit({ ...finding(card, "drain-late", { phase }), level: "warning" });
}
