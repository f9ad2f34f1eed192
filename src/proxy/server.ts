import { createServer, type Server } from "node:http";
import { openBooks } from "./books/books.ts";
import type { Log } from "./books/log.ts";
import type { ProxyConfig } from "./config.ts";
import { families } from "./families/index.ts";
import { Admission } from "./front/admission.ts";
import type { Desk } from "./front/completion.ts";
import { FrontDoor } from "./front/front-door.ts";
import { IdleWatch } from "./front/idle-watch.ts";
import { RequestIds } from "./front/request-id.ts";
import { PROBE_TIMES, type ProbeTimes, startProbes } from "./health/probes.ts";
import { Callbacks } from "./legs/callbacks.ts";
import { Naps } from "./legs/naps.ts";
import { Releases } from "./legs/releases.ts";
import { RetryBudget } from "./legs/retry-budget.ts";
import { Endpoint } from "./routing/endpoint.ts";
import { policies } from "./routing/policies.ts";
import { Roster } from "./routing/roster.ts";
import { settled } from "./settings/usual.ts";
import { undiciUpstream } from "./upstream/undici-upstream.ts";

export interface RunningProxy {
  /** The port that is bound: the config's, or a free one where it says 0. */
  readonly port: number;
  /** Refuses what is new, lets what runs end within `graceMs`, then breaks it off. Resolves when all is closed. */
  close(graceMs: number): Promise<void>;
}

export interface ProxyOptions {
  readonly log: Log;
  readonly probeTimes?: ProbeTimes;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
}

/** Listens and serves until it is closed. @throws the error of `listen` when the address is taken or not there */
export async function startProxy(config: ProxyConfig, options: ProxyOptions): Promise<RunningProxy> {
  const { log, probeTimes = PROBE_TIMES, now = () => performance.now() } = options;
  const tell = ({ role, url, state, bootstrap }: Endpoint) =>
    log.say(`${role} ${url} is ${state}${state === "down" && bootstrap?.trouble ? `: ${bootstrap.trouble}` : ""}`);
  const endpoints = config.targets.map((target) => new Endpoint(target, undiciUpstream(target.url), tell));
  const naps = new Naps(now);
  const server = createServer({ keepAliveTimeout: 75_000 }); // above what front load balancers keep
  const callbacks = new Callbacks(() => config.callback_url ?? urlOf(config.bind, portOf(server, config)));
  const door = new FrontDoor(server, () =>
    desk(config, endpoints, { log, now, earliest: () => naps.earliest(), callbacks }),
  );
  await listen(server, config).catch((error: unknown) => {
    naps.stop();
    throw error;
  });
  const probes = startProbes(endpoints, probeTimes, now);
  return {
    port: portOf(server, config),
    async close(graceMs) {
      probes.stop();
      naps.stop();
      await door.drain(graceMs);
      door.desk.releases.stop();
      door.desk.books.close();
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    },
  };
}

type Means = Pick<Desk, "log" | "now" | "earliest" | "callbacks">;

function desk(given: ProxyConfig, endpoints: readonly Endpoint[], { log, now, earliest, callbacks }: Means): Desk {
  const config = settled(given);
  const admission = new Admission({
    most: config.max_concurrent,
    queue: config.queue_size,
    timeoutSeconds: config.queue_timeout_seconds,
  });
  const books = openBooks(() => endpoints, {
    now,
    policies: { prefill: config.prefill_policy, decode: config.decode_policy },
    compat: config.metrics_compat,
  });
  const rosters = {
    prefill: new Roster("prefill", endpoints, {
      choose: policies[config.prefill_policy](Math.random),
      ...(config.max_prefill_per_endpoint !== undefined && { most: config.max_prefill_per_endpoint }),
      onFree: () => admission.look(),
      now,
    }),
    decode: new Roster("decode", endpoints, { choose: policies[config.decode_policy](Math.random), now }),
  };
  return {
    config,
    log,
    now,
    earliest,
    family: families[config.family],
    ids: new RequestIds(),
    rosters,
    books,
    admission,
    idle: new IdleWatch(config.idle_timeout_seconds),
    releases: new Releases(rosters.decode, books),
    lengthCapped: config.length_capped ?? false,
    remoteHost: config.remote_host_override ?? false,
    repeatsPrefill500: config.on_prefill_500 === "retry",
    decodeAlone: config.decode_alone,
    marksIds: config.family === "nixl-push",
    callbacks,
    holdSeconds: config.kv_hold_seconds,
    rewrites: { cachedTokens: config.correct_cached_tokens },
    retries: new RetryBudget(now),
    retriesMost: { prefill: config.prefill_retries, decode: config.decode_retries },
    chance: Math.random,
    firstByteSeconds: {
      prefill: config.prefill_timeout_seconds,
      decode: config.first_byte_timeout_seconds,
    },
  };
}

/** The port that is bound, where there is one. */
function portOf(server: Server, config: ProxyConfig): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : config.port;
}

const urlOf = (host: string, port: number) => `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

const listen = (server: Server, { port, bind }: ProxyConfig) =>
  new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: bind, backlog: 4096 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
