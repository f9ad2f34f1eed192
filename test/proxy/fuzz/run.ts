import { once } from "node:events";
import type { Socket } from "node:net";
import { logTo } from "../../../src/proxy/books/log.ts";
import type { ProbeTimes } from "../../../src/proxy/health/probes.ts";
import { type RunningProxy, startProxy } from "../../../src/proxy/server.ts";
import { busyGauges, miscounted } from "../accounts.ts";
import { ask } from "../client.ts";
import { RawEngine, type Taken } from "../wire/raw-engine.ts";
import { writeCut } from "../wire/write.ts";
import type { AnswerPlan } from "./answer-plan.ts";
import { judgeCounted } from "./cached-tokens.ts";
import { type FuzzCase, fuzzCase, type Role } from "./case.ts";
import { type FuzzFamily, isTogether, PAGE, settingsOf, targetOf } from "./families.ts";
import { inTime } from "./in-time.ts";
import { answering, judgeAnswer, judgeOwnWords, judgeRequests, meant, type Ran } from "./judge.ts";
import { judgePairs, judgeTogether } from "./judge-together.ts";
import { type PlainRelay, plainRelay } from "./plain-relay.ts";
import { type Seen, WireClient } from "./wire-client.ts";

export interface Finding {
  readonly index: number;
  readonly what: string;
}

interface Open {
  readonly it: FuzzCase;
  readonly got: Record<Role, { attempt: number; taken: Taken }[]>;
}

/** The proxy's client towards engines. */
export type Client = "undici" | "sockets";

export interface ArenaOptions {
  readonly probeTimes: ProbeTimes;
  readonly family: FuzzFamily;
  /** How much faster than the real one the proxy's clock runs. */
  readonly clock: number;
  /** Every so many cases one is also asked of the plain relay: it costs as much as the proxy itself. */
  readonly plainEvery: number;
}

const GONE_MS = 300;
export const NEVER = { upMs: 3_600_000, otherMs: 20, answerMs: 60_000 };
export const CLOCK = 1_000; // the proxy's clock runs that much faster, so that budgets and circuits never hold a case back

/** The proxy with four engines, and the plain relay with one, all on sockets of this process. */
export class Arena {
  readonly #seed: number;
  readonly #upstream: Client;
  readonly #options: ArenaOptions;
  readonly #open = new Map<string, Open>();
  readonly #asked = { sent: 0, left: 0 };
  #disturbances = 0;
  readonly #engines: RawEngine[] = [];
  #plain: RawEngine | undefined;
  #proxy: RunningProxy | undefined;
  #relay: PlainRelay | undefined;

  constructor(seed: number, upstream: Client, options: ArenaOptions) {
    this.#seed = seed;
    this.#upstream = upstream;
    this.#options = options;
  }

  /** An engine goes away and comes back: what runs meanwhile is judged by nobody. */
  async restart(which: number): Promise<void> {
    const engine = this.#engines[which % this.#engines.length];
    this.#disturbances++;
    await engine?.stop();
    await new Promise((resolve) => setTimeout(resolve, GONE_MS));
    await engine?.start();
    const up = () => this.#page("/health").then((text) => !/"down"|"unknown"/.test(text.replace('"down":[]', "")));
    for (const deadline = performance.now() + 30_000; !(await up()) && performance.now() < deadline; );
    this.#disturbances++;
  }

  async start(): Promise<void> {
    const roles = ["prefill", "prefill", "decode", "decode"] as const;
    for (const role of roles) this.#engines.push(new RawEngine((taken) => this.#serve(role, taken), PAGE));
    this.#plain = new RawEngine((taken) => this.#servePlain(taken));
    for (const engine of [...this.#engines, this.#plain]) await engine.start();
    this.#proxy = await startProxy(
      {
        bind: "127.0.0.1",
        port: 0,
        ...settingsOf(this.#options.family),
        prefill_policy: "round_robin",
        decode_policy: "round_robin",
        max_concurrent: 1_000,
        upstream: this.#upstream,
        targets: this.#engines.map(({ url }, at) => targetOf(this.#options.family, roles[at] ?? "decode", url)),
      },
      {
        log: logTo(() => undefined),
        probeTimes: this.#options.probeTimes,
        now: () => performance.now() * this.#options.clock,
      },
    );
    this.#relay = await plainRelay(this.#plain.url);
    while ((await this.#page("/health")).includes('"unknown"'));
  }

  /** A client of its own for each that runs at once. */
  lane() {
    const [proxy, relay] = [new WireClient(this.#proxy?.port ?? 0), new WireClient(this.#relay?.port ?? 0)];
    return {
      run: (index: number) => this.#run(index, proxy, relay),
      close() {
        proxy.close();
        relay.close();
      },
    };
  }

  /** What is wrong when all has been served: legs that still count, requests that are not counted once, and what came in that was no HTTP. */
  async rest(): Promise<readonly string[]> {
    const deadline = performance.now() + 10_000;
    for (const engine of this.#engines) engine.hangUp(); // prefill that may write into decode's memory is waited for, also when its client has left
    let left = busyGauges(await this.#page("/metrics"));
    while (left.length > 0 && performance.now() < deadline) left = busyGauges(await this.#page("/metrics"));
    return [
      ...left,
      ...miscounted(await this.#page("/metrics"), this.#asked),
      ...this.#engines
        .flatMap(({ malformed }) => malformed.splice(0))
        .map((error) => `an engine got no HTTP: ${error}`),
    ];
  }

  async #page(path: string): Promise<string> {
    return (await ask({ port: this.#proxy?.port ?? 0, path, method: "GET" })).text;
  }

  async stop(): Promise<void> {
    await this.#proxy?.close(0);
    await this.#relay?.close();
    for (const engine of [...this.#engines, this.#plain]) await engine?.stop();
  }

  async #run(index: number, proxy: WireClient, relay: WireClient): Promise<readonly Finding[]> {
    const it = fuzzCase(this.#seed, index);
    const open: Open = { it, got: { prefill: [], decode: [] } };
    this.#open.set(String(index), open);
    try {
      const request = it.wire([["x-request-id", `f${index}`]]);
      this.#asked.sent++;
      if (it.leaves) {
        this.#asked.left++;
        await proxy.leave(request, it.cuts, it.leaves);
        return [];
      }
      const disturbed = this.#disturbances;
      const ran: Ran = {
        family: this.#options.family,
        it,
        got: open.got,
        seen: await inTime(proxy.ask(request, it.cuts, it.dawdles)),
      };
      const found = [...judgeRequests(ran), ...(await this.#judge(ran, relay))];
      return disturbed === this.#disturbances && disturbed % 2 === 0 ? found.map((what) => ({ index, what })) : [];
    } catch (error) {
      proxy.close(); // what is on that connection now belongs to no other case
      relay.close();
      return [{ index, what: `${error}` }];
    } finally {
      this.#open.delete(String(index));
    }
  }

  async #judge(ran: Ran, relay: WireClient): Promise<readonly string[]> {
    if (isTogether(ran.family)) return [...judgePairs(ran), ...judgeTogether(ran)];
    const from = answering(ran);
    if (!from) return [...judgeOwnWords(ran)];
    if (ran.family === "relay-cached") return judgeCounted(ran, from);
    const plan = ran.it.answer(from.role, from.attempt);
    const found = [...judgeAnswer(ran, plan, meant(plan))];
    if (ran.it.index % this.#options.plainEvery > 0) return found;
    const request = ran.it.wire([["x-fuzz-plan", `${ran.it.index}/${from.role}/${from.attempt}`]]);
    let plain = await relay.ask(request, ran.it.cuts);
    for (let left = 5; left > 0 && plain && sawNothing(plain); left--) plain = await relay.ask(request, ran.it.cuts);
    return [...found, ...judgeAnswer(ran, plan, plain)];
  }

  async #serve(role: Role, taken: Taken): Promise<boolean> {
    const [, index = "", retry = "0"] = /^f(\d+)(?:-[0-9a-f]{12})?(?:-r(\d+))?$/.exec(taken.get("x-request-id")) ?? [];
    const open = this.#open.get(index);
    const attempt = Number(retry);
    open?.got[role].push({ attempt, taken });
    const { it = fuzzCase(this.#seed, Number(index)) } = open ?? {}; // its client has left
    return perform(it.answer(role, attempt), taken.socket);
  }

  #servePlain(taken: Taken): Promise<boolean> {
    const [index = "", role, attempt] = taken.get("x-fuzz-plan").split("/");
    const it = this.#open.get(index)?.it;
    return perform(it?.answer(role === "prefill" ? "prefill" : "decode", Number(attempt)), taken.socket);
  }
}

/** The relay had no head to hand on: a reset that overtook it, which may be another one's luck the next time. */
const sawNothing = ({ headers }: Seen) => headers.some(([name]) => name === "x-relay-error");

/** @returns whether the connection goes on */
async function perform(plan: AnswerPlan | undefined, socket: Socket): Promise<boolean> {
  if (!plan) {
    socket.destroy();
    return false;
  }
  await writeCut(socket, plan.wire, plan.cuts);
  if (plan.then === "stays" || plan.then === "hangs") return true; // what hangs says nothing more, and listens
  if (plan.then === "rst") {
    if (socket.writableLength > 0) await once(socket, "drain").catch(() => undefined);
    socket.resetAndDestroy();
  } else socket.end();
  return false;
}
