import type { Gauges } from "../../connectors/connector.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Gauge, Standing } from "../standing/standing.ts";
import { ask, Unanswered } from "./http.ts";
import { readMetrics, total } from "./metrics.ts";

const ANSWER_MS = 3_000;

/** What running side services say of themselves, by service. One that does not answer in time says nothing: its state tells why. */
export async function gaugesOf(
  { services }: Standing,
  fleet: Fleet,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Gauge[]>> {
  const read = await Promise.all(
    services.flatMap(({ spec: { service, note }, state, node }) =>
      note.gauges === undefined || state.state !== "alive"
        ? []
        : [gauges(note.gauges as Gauges, node, fleet, signal).then((said) => [service, said] as const)],
    ),
  );
  return new Map(read);
}

async function gauges(
  { url, shows }: Gauges,
  node: string,
  fleet: Fleet,
  signal: AbortSignal,
): Promise<readonly Gauge[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const samples = readMetrics((await ask(fleet.session(node), url, {}, limit)).text);
    return shows.flatMap(({ sample, name, unit }) => {
      const value = total(samples, sample);
      return value === undefined ? [] : [{ name, value, ...(unit !== undefined && { unit }) }];
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unanswered || limit.aborted) return [];
    throw error;
  }
}
