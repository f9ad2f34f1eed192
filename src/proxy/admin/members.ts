import type { Role, Target } from "../config.ts";
import { ProxyError } from "../errors.ts";
import { judge } from "../health/models.ts";
import type { Watch } from "../health/probes.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import type { Roster } from "../routing/roster.ts";
import { originOf } from "../settings/target.ts";

export interface MembersMeans {
  readonly rosters: Readonly<Record<Role, Roster>>;
  readonly open: (target: Target) => Endpoint;
  /** Begins to ask how an endpoint is. */
  readonly watch: (endpoint: Endpoint) => Watch;
  /** How long one that leaves may take to end what it has. */
  readonly drainMs: number;
  /** The model that all must serve; none: that of most of them. */
  readonly model: string | undefined;
  readonly now: () => number;
  readonly say: (text: string) => void;
}

/** One of them: the role, and the address in any spelling. */
export interface Which {
  readonly role: Role;
  readonly url: string;
}

interface Member {
  readonly watch: Watch;
  /** Of one that leaves. */
  drain?: Drain;
}

/**
 * The endpoints that there are. One that leaves gets no request any more, and goes when its own legs have ended and, of prefill, when decode has
 * read the KV that it holds or the time has passed for which it holds it; whatever other endpoints are at. Source: proxy-protocols.md §3.9.
 */
export class Members {
  readonly #means: MembersMeans;
  readonly #members = new Map<Endpoint, Member>();

  constructor(means: MembersMeans) {
    this.#means = means;
  }

  get all(): readonly Endpoint[] {
    return [...this.#members.keys()];
  }

  find({ role, url }: Which): Endpoint | undefined {
    const wanted = originOf(url);
    return this.all.find((one) => one.role === role && originOf(one.url) === wanted);
  }

  /** @param endpoint one that is open already, as it was looked at before it came in */
  add(target: Target, endpoint: Endpoint = this.#means.open(target)): Endpoint {
    const known = this.find(target);
    if (known) throw new ProxyError("instance.known", { role: known.role, url: known.url });
    this.#means.rosters[endpoint.role].add(endpoint);
    const watch = this.#means.watch(endpoint);
    endpoint.onDoubt = () => watch.soon();
    this.#members.set(endpoint, { watch });
    return endpoint;
  }

  /** What came in while another model was served is looked at again: to be called whenever a model is known, or one has gone. */
  judge(): void {
    judge(this.all, this.#means.model);
  }

  /** No request any more; it goes by itself when it has ended what it has, at the latest after `withinMs`. */
  drain(endpoint: Endpoint, withinMs = this.#means.drainMs): void {
    const member = this.#members.get(endpoint);
    if (!member) return;
    if (!member.drain) this.#means.say(`${nameOf(endpoint)} leaves: no new requests`);
    member.drain?.end();
    const drain = new Drain(endpoint, {
      withinMs,
      now: this.#means.now,
      isAwaited: () => endpoint.role === "decode" && this.#leaving.some((one) => one.role === "prefill" && !one.isIdle),
      over: (how) => this.remove(endpoint, how),
    });
    member.drain = drain;
    endpoint.leave(() => setImmediate(() => this.#lookAgain())); // a leg has ended: whoever takes up what it leaves does it first
    drain.look();
  }

  get #leaving(): readonly Endpoint[] {
    return this.all.filter(({ presence }) => presence === "leaves");
  }

  /** Also at those that leave together with it. */
  #lookAgain(): void {
    for (const one of this.#leaving) this.#members.get(one)?.drain?.look();
  }

  /** One that was about to leave serves on. */
  stay(endpoint: Endpoint): void {
    const member = this.#members.get(endpoint);
    if (!member?.drain) return;
    member.drain.end();
    delete member.drain;
    endpoint.stay();
    this.#means.say(`${nameOf(endpoint)} stays`);
  }

  /** At once: what it still does is broken off. */
  remove(endpoint: Endpoint, how = "removed"): void {
    const member = this.#members.get(endpoint);
    if (!member) return;
    member.watch.stop();
    member.drain?.end();
    this.#members.delete(endpoint);
    this.#means.rosters[endpoint.role].remove(endpoint);
    endpoint.go();
    this.#lookAgain();
    this.judge();
    this.#means.say(`${nameOf(endpoint)} is gone: ${how}`);
    void endpoint.close();
  }

  /** The proxy ends. */
  async close(): Promise<void> {
    for (const { watch, drain } of this.#members.values()) {
      watch.stop();
      drain?.end();
    }
    await Promise.all(this.all.map((endpoint) => endpoint.close()));
  }
}

const nameOf = ({ role, url }: Endpoint) => `${role} ${url}`;

interface DrainMeans {
  readonly withinMs: number;
  readonly now: () => number;
  /** Of decode: a prefill that leaves with it still works on what it is to read. */
  readonly isAwaited: () => boolean;
  readonly over: (how: string) => void;
}

/** Waits for one endpoint to end what it has: looks when something of it has ended, and when the last KV that nobody came for is let go. */
class Drain {
  readonly #endpoint: Endpoint;
  readonly #now: () => number;
  readonly #isAwaited: () => boolean;
  readonly #over: (how: string) => void;
  readonly #limit: NodeJS.Timeout;
  #hold: NodeJS.Timeout | undefined;

  constructor(endpoint: Endpoint, { withinMs, now, isAwaited, over }: DrainMeans) {
    this.#endpoint = endpoint;
    this.#now = now;
    this.#isAwaited = isAwaited;
    this.#over = over;
    this.#limit = setTimeout(
      () => over(`not done within ${withinMs / 1000} s, ${endpoint.inFlight} cut off`),
      withinMs,
    );
  }

  look(): void {
    clearTimeout(this.#hold);
    if (!this.#endpoint.isIdle || this.#isAwaited()) return;
    const left = this.#endpoint.holdsUntil - this.#now();
    if (left > 0) this.#hold = setTimeout(() => this.look(), Math.ceil(left));
    else this.#over("it has ended what it had");
  }

  end(): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#hold);
  }
}
