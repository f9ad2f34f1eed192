import type { Endpoint } from "../routing/endpoint.ts";
import { UpstreamError } from "../upstream/upstream.ts";
import type { Sight } from "./health.ts";
import { modelIn } from "./models.ts";

export interface ProbeTimes {
  /** Between two probes of an endpoint that is up, and of one that is not, or was late to answer. */
  readonly upMs: number;
  readonly otherMs: number;
  readonly answerMs: number;
}
/** Source: proxy-protocols.md §3.7; what is not up is asked more often, so that it serves as soon as it can. */
export const PROBE_TIMES: ProbeTimes = { upMs: 5_000, otherMs: 300, answerMs: 3_000 };

export interface ProbeMeans {
  readonly times: ProbeTimes;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** For engines that tell their models to those who may ask. */
  readonly headers: Readonly<Record<string, string>>;
  /** What an endpoint serves is known now. */
  readonly onModel: () => void;
}

export interface Watch {
  /** A leg gave reason to doubt that it is up: it is not asked as late as one that is. */
  soon(): void;
  stop(): void;
}

/** Asks an endpoint how it is, again and again. */
export function startProbe(endpoint: Endpoint, means: ProbeMeans): Watch {
  const { times, now } = means;
  let stopped = false;
  let due: number | undefined; // of the next look, while none is on its way
  let timer: NodeJS.Timeout | undefined;
  let asking = new AbortController();
  const round = async () => {
    due = undefined;
    asking = new AbortController();
    timer = setTimeout(() => asking.abort(new Error("no answer in time")), times.answerMs);
    const askedAt = now();
    const sight = await look(endpoint, means, asking.signal);
    clearTimeout(timer);
    if (stopped) return;
    endpoint.saw(sight, askedAt);
    wait(endpoint.state === "up" && sight === "well" ? times.upMs : times.otherMs);
  };
  const wait = (ms: number) => {
    due = now() + ms;
    timer = setTimeout(round, ms);
  };
  void round();
  return {
    soon() {
      if (stopped || due === undefined || due - now() <= times.otherMs) return;
      clearTimeout(timer);
      wait(times.otherMs);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      asking.abort(new Error("probes stop"));
    },
  };
}

/** One look at an endpoint: its health, and, before it is up, which model it serves. Source: proxy-protocols.md §3.7. */
export async function look(endpoint: Endpoint, means: ProbeMeans, signal: AbortSignal): Promise<Sight> {
  const { upstream, bootstrap } = endpoint;
  const { headers } = means;
  try {
    const reply = await upstream.request({ method: "GET", path: "/health", headers: {} }, undefined, signal);
    await reply.bytes();
    if (reply.status !== 200) return "sick";
    if (bootstrap && !bootstrap.isKnown && !(await bootstrap.learn(signal))) return "sick"; // decode would have nobody to ask for the KV
    if (endpoint.state === "up") return "well";
    const models = await upstream.request({ method: "GET", path: "/v1/models", headers }, undefined, signal);
    endpoint.model = modelIn(models.status, await models.bytes());
    means.onModel();
    return "well";
  } catch (error) {
    return error instanceof UpstreamError && error.kind === "connect" ? "refused" : "silent";
  }
}
