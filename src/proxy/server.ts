import { type Reloaded, Reloading, type ReloadMeans } from "./admin/reload.ts";
import type { Log } from "./books/log.ts";
import type { ProxyConfig } from "./config.ts";
import { furnish } from "./desk.ts";
import { FrontDoor } from "./front/front-door.ts";
import { listen, openServer, renew, type Server } from "./front/listener.ts";
import { PROBE_TIMES, type ProbeTimes } from "./health/probes.ts";
import { Callbacks } from "./legs/callbacks.ts";
import { Naps } from "./legs/naps.ts";
import { readSecrets } from "./secrets.ts";
import { settled } from "./settings/usual.ts";
import { clients } from "./upstream/clients.ts";

export interface RunningProxy {
  /** The port that is bound: the config's, or a free one where it says 0. */
  readonly port: number;
  /** Reads the config again and makes its targets those of the proxy, all or nothing. @throws ProxyError reload.restart, reload.invalid */
  reload(): Promise<Reloaded>;
  /** Refuses what is new, lets what runs end within `graceMs`, the config's if not said, then breaks it off. Resolves when all is closed. */
  close(graceMs?: number): Promise<void>;
  /** Ends at once what `close` waits for. */
  hurry(): void;
}

export interface ProxyOptions {
  readonly log: Log;
  readonly probeTimes?: ProbeTimes;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
  /** The variables in which the config says that keys are. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the config says now; none: there is no file, and endpoints change by the admin API alone. */
  readonly reread?: ReloadMeans["reread"];
}

/** Listens and serves until it is closed. @throws ConfigError, or the error of `listen` when the address is taken or not there */
export async function startProxy(given: ProxyConfig, options: ProxyOptions): Promise<RunningProxy> {
  const { log, now = () => performance.now(), env = process.env, reread = withoutFile } = options;
  const config = settled(given);
  const { keys, certificate } = await readSecrets(given, env);
  const server = openServer(certificate);
  const naps = new Naps(now);
  const { desk, members, ...means } = furnish(config, {
    ...{ env, log, now, upstream: clients[config.upstream], earliest: () => naps.earliest() },
    callbacks: new Callbacks(() => config.callback_url ?? urlOf(server, config)),
    probeTimes: options.probeTimes ?? timesFor(given),
    headers: keys.upstream === undefined ? {} : { authorization: `Bearer ${keys.upstream}` },
  });
  const reloading = new Reloading(given, {
    ...{ members, reread },
    secrets: (next) => readSecrets(next, env),
    onSecrets(fresh) {
      door.keys = fresh.keys;
      if (fresh.certificate) renew(server, fresh.certificate);
    },
  });
  const reload = () => reloading.reload();
  const door: FrontDoor = new FrontDoor(server, {
    desk,
    keys,
    office: { members, ...means, reload, model: config.model },
  });
  await listen(server, config).catch((error: unknown) => {
    naps.stop();
    throw error;
  });
  for (const target of config.targets) members.add(target);
  return {
    port: portOf(server, config),
    reload,
    hurry: () => door.hurry(),
    async close(graceMs = config.grace_seconds * 1000) {
      await door.drain({ graceMs, noticeMs: config.notice_seconds * 1000 });
      naps.stop();
      desk.releases.stop();
      desk.books.close();
      await desk.tracing?.close();
      await members.close();
    },
  };
}

/** The port that is bound, where there is one. */
function portOf(server: Server, { port }: ProxyConfig): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

const urlOf = (server: Server, config: ProxyConfig) =>
  `${config.tls ? "https" : "http"}://${hostOf(config.bind)}:${portOf(server, config)}`;
const hostOf = (bind: string) => (bind.includes(":") ? `[${bind}]` : bind);

const withoutFile = () => Promise.resolve({ faults: ["the proxy was started without a file"] });

/** Decode must have shown that it lives within the time for which prefill holds its KV: a short hold needs more looks. */
const timesFor = ({ kv_hold_seconds: hold = Number.POSITIVE_INFINITY }: ProxyConfig): ProbeTimes => ({
  ...PROBE_TIMES,
  upMs: Math.min(PROBE_TIMES.upMs, hold * 250),
});
