import type { ProxyConfig, Target } from "../config.ts";
import { ProxyError } from "../errors.ts";
import { ConfigError, type Secrets } from "../secrets.ts";
import { differences, originOf } from "../settings/target.ts";
import { settled } from "../settings/usual.ts";
import type { Members } from "./members.ts";

type Short = Pick<Target, "role" | "url">;

/** What became of the endpoints. Those that leave are gone when they have ended what they have. */
export interface Reloaded {
  readonly added: readonly Short[];
  readonly leaving: readonly Short[];
  /** Were about to leave, and serve on. */
  readonly stays: readonly Short[];
  readonly kept: number;
}

export interface ReloadMeans {
  readonly members: Members;
  /** What the config says now. */
  readonly reread: () => Promise<{ readonly config: ProxyConfig } | { readonly faults: readonly string[] }>;
  /** @throws ConfigError */
  readonly secrets: (config: ProxyConfig) => Promise<Secrets>;
  /** They hold for what comes from then on. */
  readonly onSecrets: (secrets: Secrets) => void;
}

/**
 * How a launcher changes the endpoints of a proxy that runs:
 *
 * 1. It writes the whole new config under the path that the proxy was started with (`--config FILE`), by rename.
 * 2. `POST /admin/reload` without a body (with the admin key, or on the proxy's machine, also at its own address), or SIGHUP, which says the outcome in the log only.
 * 3. 200 `{ added, leaving, stays, kept }`: from now on nothing new goes to what leaves; what was added is probed and serves as soon as it is up.
 *    409 `{ error, keys }`: those keys need a restart, such as `port` or `targets[2].slots`; 400: the file cannot be read. Both: nothing was changed.
 * 4. `GET /admin/instances` → `{ instances: [{ role, url, state, presence, idle, in_flight, … }] }` until what leaves is not listed any more (at the latest
 *    after `drain_timeout_seconds`), and until what was added has `state: "up"`. Only then the engine that left is stopped.
 *
 * To restart an engine in place: `POST /admin/instances/drain { role, url }`, wait until it is not listed, restart it, and reload: what the file lists and the
 * proxy has not is added again. Source: proxy-protocols.md §3.9
 */
export class Reloading {
  readonly #means: ReloadMeans;
  #current: ProxyConfig;
  #last: Promise<unknown> = Promise.resolve();

  constructor(current: ProxyConfig, means: ReloadMeans) {
    this.#current = current;
    this.#means = means;
  }

  /** One after the other: the later one has read the newer file. @throws ProxyError reload.restart, reload.invalid */
  reload(): Promise<Reloaded> {
    const mine = this.#last.then(() => this.#change());
    this.#last = mine.catch(() => undefined); // its own caller hears of it
    return mine;
  }

  async #change(): Promise<Reloaded> {
    const { members, reread, secrets, onSecrets } = this.#means;
    const read = await reread();
    if ("faults" in read) throw new ProxyError("reload.invalid", { why: read.faults.join("; ") });
    const { config: next } = read;
    const keys = fixedKeys(this.#current, next, members);
    if (keys.length > 0) throw new ProxyError("reload.restart", { keys });
    const fresh = await secrets(next).catch((error: unknown) => {
      throw invalid(error);
    });
    this.#current = next; // from here on nothing can fail
    onSecrets(fresh);
    return adopt(members, next.targets);
  }
}

const invalid = (error: unknown) =>
  error instanceof ConfigError ? new ProxyError("reload.invalid", { why: error.message }) : error;

/** Keys whose new value needs no restart; the files that `tls` and `api_keys_file` name are read again at every reload. */
const LIVE: ReadonlySet<string> = new Set(["targets", "tls", "api_keys_file"]);

/** Keys that differ and cannot change while the proxy runs, as a config writes them. */
function fixedKeys(now: ProxyConfig, next: ProxyConfig, members: Members): readonly string[] {
  const values = (config: ProxyConfig) => new Map<string, unknown>(Object.entries(settled(config)));
  const [before, after] = [values(now), values(next)];
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter((key) => !LIVE.has(key));
  const changed = keys.filter((key) => JSON.stringify(before.get(key)) !== JSON.stringify(after.get(key)));
  const secured = (now.tls === undefined) === (next.tls === undefined) ? [] : ["tls"];
  const rebuilt = next.targets.flatMap((target, index) => {
    const present = members.find(target)?.target;
    return present === undefined ? [] : differences(present, target).map((key) => `targets[${index}].${key}`);
  });
  return [...changed, ...secured, ...rebuilt];
}

/** Makes the endpoints those of the list, which is the whole truth, also over what was added by other means. */
function adopt(members: Members, targets: readonly Target[]): Reloaded {
  const keyOf = ({ role, url }: Short) => `${role} ${originOf(url)}`;
  const [wanted, here] = [new Set(targets.map(keyOf)), new Set(members.all.map(keyOf))];
  const stays = members.all.filter((one) => one.presence === "leaves" && wanted.has(keyOf(one)));
  const leaving = members.all.filter((one) => one.presence === "serves" && !wanted.has(keyOf(one)));
  const added = targets.filter((target) => !here.has(keyOf(target)));
  for (const target of added) members.add(target); // first: a role is never without an endpoint in between
  for (const endpoint of stays) members.stay(endpoint);
  for (const role of ["prefill", "decode"] as const) // decode waits for what prefill has for it
    for (const endpoint of leaving.filter((one) => one.role === role)) members.drain(endpoint);
  const short = (list: readonly Short[]) => list.map(({ role, url }) => ({ role, url }));
  const kept = targets.length - added.length - stays.length;
  return { added: short(added), leaving: short(leaving), stays: short(stays), kept };
}
