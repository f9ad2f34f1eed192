import { Members } from "./admin/members.ts";
import { openBooks } from "./books/books.ts";
import type { Log } from "./books/log.ts";
import { decodesAlone, endsByLength } from "./families/carried.ts";
import { families } from "./families/index.ts";
import { Admission } from "./front/admission.ts";
import type { Desk } from "./front/completion.ts";
import { IdleWatch } from "./front/idle-watch.ts";
import { RequestIds } from "./front/request-id.ts";
import { type ProbeMeans, type ProbeTimes, startProbe } from "./health/probes.ts";
import type { Callbacks } from "./legs/callbacks.ts";
import { Releases } from "./legs/releases.ts";
import { RetryBudget } from "./legs/retry-budget.ts";
import { Endpoint } from "./routing/endpoint.ts";
import { policies } from "./routing/policies.ts";
import { Roster } from "./routing/roster.ts";
import type { Settled } from "./settings/usual.ts";
import { openTracing } from "./trace/index.ts";
import type { Upstream } from "./upstream/upstream.ts";

export interface DeskMeans {
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly earliest: () => number;
  readonly probeTimes: ProbeTimes;
  /** Headers that let the proxy itself in at the engines. */
  readonly headers: Readonly<Record<string, string>>;
  readonly upstream: (url: string) => Upstream;
  readonly callbacks: Callbacks;
}

/** All that requests share, and the endpoints that they go to. */
export interface Furnished {
  readonly desk: Desk;
  readonly members: Members;
  readonly open: (target: Settled["targets"][number]) => Endpoint;
  readonly probe: ProbeMeans;
}

export function furnish(config: Settled, means: DeskMeans): Furnished {
  const { log, now, earliest } = means;
  const admission = new Admission({
    most: config.max_concurrent,
    queue: config.queue_size,
    timeoutSeconds: config.queue_timeout_seconds,
  });
  const rosters = {
    prefill: new Roster("prefill", [], {
      choose: policies[config.prefill_policy](Math.random),
      ...(config.max_prefill_per_endpoint !== undefined && { most: config.max_prefill_per_endpoint }),
      onFree: () => admission.look(),
      now,
    }),
    decode: new Roster("decode", [], { choose: policies[config.decode_policy](Math.random), now }),
  };
  const probe = { times: means.probeTimes, now, headers: means.headers, onModel: () => members.judge() };
  const open: Furnished["open"] = (target) =>
    new Endpoint(target, means.upstream(target.url), (endpoint) => {
      log.say(stateOf(endpoint));
      admission.look(); // there may be room now for who waits
    });
  const members: Members = new Members({
    ...{ rosters, open, now },
    watch: (endpoint) => startProbe(endpoint, probe),
    drainMs: config.drain_timeout_seconds * 1000,
    model: config.model,
    say: (text) => log.say(text),
  });
  const books = openBooks(() => members.all, {
    now,
    policies: { prefill: config.prefill_policy, decode: config.decode_policy },
    compat: config.metrics_compat,
  });
  const desk = {
    ...{ config, log, now, earliest, rosters, books, admission },
    tracing: openTracing(config, { env: means.env, books, log }),
    family: families[config.family],
    ids: new RequestIds(),
    idle: new IdleWatch(config.idle_timeout_seconds),
    releases: new Releases(rosters.decode, books),
    lengthCapped: config.length_capped ?? endsByLength(config.family),
    remoteHost: config.remote_host_override ?? false,
    repeatsPrefill500: config.on_prefill_500 === "retry",
    decodeAlone: config.decode_alone && decodesAlone(config.family),
    marksIds: config.family === "nixl-push" || config.family === "layerwise",
    callbacks: means.callbacks,
    holdSeconds: config.kv_hold_seconds,
    handoffSeconds: config.handoff_timeout_seconds,
    rewrites: { cachedTokens: config.correct_cached_tokens },
    retries: new RetryBudget(now),
    retriesMost: { prefill: config.prefill_retries, decode: config.decode_retries },
    chance: Math.random,
    firstByteSeconds: {
      prefill: config.prefill_timeout_seconds,
      decode: config.first_byte_timeout_seconds,
    },
  };
  return { desk, members, open, probe };
}

function stateOf({ role, url, state, misfit, bootstrap }: Endpoint): string {
  const model =
    misfit && `it serves the model ${JSON.stringify(misfit.serves)}, the others ${JSON.stringify(misfit.others)}`;
  const why = model ?? (state === "down" ? bootstrap?.trouble : undefined);
  return `${role} ${url} is ${state}${why === undefined ? "" : `: ${why}`}`;
}
