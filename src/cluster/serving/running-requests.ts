import type { Fleet } from "../fleet/fleet.ts";
import type { Answering } from "../smoke/witness.ts";
import type { Standing } from "../standing/standing.ts";
import { ask, Unanswered } from "./http.ts";
import { readMetrics, total } from "./metrics.ts";

const ANSWER_MS = 3_000;

/** Requests that living engines work on now, by their own gauges. One that does not answer in time counts none: it serves nobody. */
export async function runningRequests({ services }: Standing, fleet: Fleet, signal: AbortSignal): Promise<number> {
  const alive = new Set(services.filter(({ state }) => state.state === "alive").map(({ spec }) => spec.service));
  const proxy = services.find(({ spec }) => spec.kind === "proxy");
  const engines = ((proxy?.spec.note.engines ?? []) as readonly Answering[]).filter(({ service }) =>
    alive.has(service),
  );
  const counts = await Promise.all(engines.map((one) => countOf(one, fleet, signal)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function countOf({ url, node }: Answering, fleet: Fleet, signal: AbortSignal): Promise<number> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const samples = readMetrics((await ask(fleet.session(node), `${url}/metrics`, {}, limit)).text);
    const of = (name: string) => total(samples, name) ?? 0;
    return of("vllm:num_requests_running") + of("vllm:num_requests_waiting");
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unanswered || limit.aborted) return 0;
    throw error;
  }
}
