import type { Bootstrap } from "../routing/bootstrap.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import { UpstreamError } from "../upstream/upstream.ts";
import type { Sight } from "./health.ts";

export interface ProbeTimes {
  /** Between two probes of an endpoint that is up, and of one that is not. */
  readonly upMs: number;
  readonly otherMs: number;
  readonly answerMs: number;
}
export const PROBE_TIMES: ProbeTimes = { upMs: 1_000, otherMs: 300, answerMs: 2_000 };

/** Asks every endpoint's /health again and again until it is stopped. */
export function startProbes(
  endpoints: readonly Endpoint[],
  times: ProbeTimes,
  now: () => number,
): { stop: () => void } {
  const stops = endpoints.map((endpoint) => startProbe(endpoint, times, now));
  return {
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

function startProbe(endpoint: Endpoint, times: ProbeTimes, now: () => number): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let asking = new AbortController();
  const round = async () => {
    asking = new AbortController();
    timer = setTimeout(() => asking.abort(new Error("no answer in time")), times.answerMs);
    const askedAt = now();
    const sight = await probe(endpoint, asking.signal);
    clearTimeout(timer);
    if (stopped) return;
    endpoint.saw(sight, askedAt);
    timer = setTimeout(round, endpoint.state === "up" ? times.upMs : times.otherMs);
  };
  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
    asking.abort(new Error("probes stop"));
  };
}

async function probe({ upstream, bootstrap }: Endpoint, signal: AbortSignal): Promise<Sight> {
  try {
    const reply = await upstream.request({ method: "GET", path: "/health", headers: {} }, undefined, signal);
    await reply.bytes();
    if (reply.status !== 200) return "sick";
    return bootstrap === undefined || bootstrap.isKnown ? "well" : await introduced(bootstrap, signal);
  } catch (error) {
    return error instanceof UpstreamError && error.kind === "connect" ? "refused" : "silent";
  }
}

/** An engine that cannot say what its ranks are called takes no requests: decode would have nobody to ask for their KV. */
async function introduced(bootstrap: Bootstrap, signal: AbortSignal): Promise<Sight> {
  return (await bootstrap.learn(signal)) ? "well" : "sick";
}
