import { EventEmitter, on } from "node:events";
import { expect } from "vitest";
import { logTo } from "../../src/proxy/books/log.ts";
import type { ProxyConfig } from "../../src/proxy/config.ts";
import type { ProbeTimes } from "../../src/proxy/health/probes.ts";
import { type RunningProxy, startProxy } from "../../src/proxy/server.ts";
import { busyGauges, resources } from "./accounts.ts";
import { type Answer, type Ask, ask, openAsk } from "./client.ts";
import { type Dialect, FakeCluster, type Sent } from "./fake/cluster.ts";
import { countedOnce, nothingLeft } from "./invariants.ts";

export interface Plan {
  readonly dialect: Dialect;
  readonly prefill?: number;
  readonly decode?: number;
  readonly dpSize?: number;
  readonly apiKey?: string;
  readonly config?: Partial<ProxyConfig>;
  readonly now?: () => number;
  readonly probeTimes?: ProbeTimes;
  /** The variables in which the config says that keys are. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Wish extends Partial<Omit<Sent, "raw" | "members">> {
  readonly id?: string;
  /** What decode must get in place of the request: the pairs that the proxy makes of it. */
  readonly pairs?: readonly string[];
  /** The requests with which it is taken up again, where decode gives it back; the same for both legs. */
  readonly resumes?: readonly string[];
}

type Targets = readonly { role: "prefill" | "decode"; slots: readonly { in_flight: number }[] }[];

/** A proxy between a client and strict engines. */
export class House {
  readonly cluster: FakeCluster;
  readonly proxy: RunningProxy;
  readonly log: readonly string[];
  /** What the proxy reads when it is told to read its config again. */
  config: ProxyConfig;
  isClosed = false;
  #requests = 0;
  #left = 0;

  constructor(cluster: FakeCluster, proxy: RunningProxy, log: readonly string[], config: ProxyConfig) {
    this.config = config;
    this.cluster = cluster;
    this.proxy = proxy;
    this.log = log;
  }

  get p() {
    return this.cluster.role("prefill");
  }
  get d() {
    return this.cluster.role("decode");
  }

  send(raw: string, wish: Wish = {}): Promise<Answer> {
    return ask(this.#prepare(raw, wish));
  }

  open(raw: string, wish: Wish = {}) {
    return this.#opened(this.#prepare(raw, wish));
  }

  #opened(request: Ask) {
    const open = openAsk(request);
    const leave = () => {
      this.#left++;
      open.leave();
    };
    return { ...open, leave };
  }

  /** A request that no engine's checks know of: one that ends at the door. */
  ask(options: Omit<Ask, "port">): Promise<Answer> {
    this.#requests++;
    return ask({ port: this.proxy.port, ...options });
  }

  /** A request that the cluster has been told of already, and so of what becomes of it. */
  openAs(id: string, body: string) {
    this.#requests++;
    const headers = { "content-type": "application/json", "x-request-id": id };
    return this.#opened({ port: this.proxy.port, body, headers });
  }

  get(path: string): Promise<Answer> {
    return ask({ port: this.proxy.port, path, method: "GET" });
  }

  /** Whichever engine of the role gets the next request. */
  next(role: "prefill" | "decode") {
    return Promise.race(this.cluster.role(role).map((engine) => engine.next("arrival").then(() => engine)));
  }

  /** Legs that the proxy thinks are running, by role. */
  async busy(): Promise<{ prefill: number; decode: number }> {
    const busy = { prefill: 0, decode: 0 };
    for (const { role, slots } of JSON.parse((await this.get("/targets")).text).targets as Targets)
      for (const { in_flight } of slots) busy[role] += in_flight;
    return busy;
  }

  close(graceMs: number): Promise<void> {
    this.isClosed = true;
    return this.proxy.close(graceMs);
  }

  /** Asks until every gauge is 0: the last connection may be closing still. */
  async quiet(): Promise<void> {
    const deadline = performance.now() + 10_000;
    for (;;) {
      const busy = busyGauges((await this.get("/metrics")).text);
      const running = this.cluster.registry.held().filter(({ state }) => state === "running"); // its engine has yet to see the close
      if (busy.length + running.length === 0) return;
      if (performance.now() > deadline) expect([busy, running]).toEqual([[], []]);
    }
  }

  /** Asks until as many rows of /metrics are like this. */
  async shows(row: RegExp, times = 1): Promise<void> {
    for (const deadline = performance.now() + 10_000; ; ) {
      const { text } = await this.get("/metrics");
      if (text.split("\n").filter((line) => row.test(line)).length === times) return;
      if (performance.now() > deadline) expect(text).toMatch(row);
    }
  }

  /** Every request that was sent is in the metrics exactly once. */
  async counted(): Promise<void> {
    countedOnce((await this.get("/metrics")).text, { sent: this.#requests, left: this.#left });
  }

  /** The rows of /metrics that have this name. */
  async metric(name: string): Promise<readonly string[]> {
    const { text } = await this.get("/metrics");
    return text.split("\n").filter((line) => line.startsWith(name));
  }

  #prepare(
    raw: string,
    {
      id = `test-${this.#requests + 1}`,
      path = "/v1/completions",
      headers = {},
      atDecode = raw,
      alone = false,
      leaves = false,
      pairs = [],
      resumes = [],
    }: Wish,
  ) {
    this.#requests++;
    this.cluster.remember(id, { path, raw, headers, atDecode, alone, leaves });
    for (const [index, pair] of pairs.entries())
      this.cluster.remember(index === 0 ? id : `${id}-p${index}`, {
        ...{ path, raw: pair, headers, atDecode: pair, alone, leaves },
      });
    for (const [index, again] of resumes.entries())
      this.cluster.remember(`${id}-c${index + 1}`, { path, raw: again, headers, atDecode: again, alone, leaves });
    const sent = { "content-type": "application/json", ...headers, ...(id && { "x-request-id": id }) };
    return { port: this.proxy.port, path, body: raw, headers: sent };
  }
}

const FAST = { upMs: 40, otherMs: 10, answerMs: 1_000 };

/** Builds a cluster and a proxy, runs the test, and then asks of every test: nothing was wrong, nothing is held, nothing runs. */
export async function inHouse(plan: Plan, test: (house: House) => Promise<void>): Promise<void> {
  const { dialect, prefill = 1, decode = 1, dpSize = 1, apiKey, now, probeTimes = FAST, env = {} } = plan;
  const before = resources();
  const cluster = new FakeCluster(dialect);
  const options = { dpSize, ...(apiKey !== undefined && { apiKey }) };
  for (let left = prefill; left > 0; left--) await cluster.add("prefill", options);
  for (let left = decode; left > 0; left--) await cluster.add("decode", options);
  const lines: string[] = [];
  const says = new EventEmitter<{ line: [string] }>();
  const log = logTo((line) => {
    lines.push(line);
    says.emit("line", line);
  });
  const up = allUp(says, cluster.engines.length);
  const config = configFor(plan, cluster);
  const reread = () => Promise.resolve({ config: house.config });
  const proxy = await startProxy(config, { log, probeTimes, env, reread, ...(now && { now }) });
  const house: House = new House(cluster, proxy, lines, config);
  try {
    await up;
    await test(house);
    expect(cluster.violations).toEqual([]);
    if (!house.isClosed) await house.quiet();
    if (!house.isClosed) await house.counted();
    expect(cluster.registry.held()).toEqual([]);
  } finally {
    if (!house.isClosed) await proxy.close(0);
    await cluster.stop();
  }
  await nothingLeft(before);
}

async function allUp(says: EventEmitter<{ line: [string] }>, engines: number): Promise<void> {
  let up = 0;
  for await (const [line] of on(says, "line", { signal: AbortSignal.timeout(10_000) }))
    if (line.endsWith("is up\n") && ++up === engines) return;
}

function configFor({ dpSize = 1, config }: Plan, cluster: FakeCluster): ProxyConfig {
  const { speech } = cluster;
  return {
    bind: "127.0.0.1",
    port: 0,
    family: "relay",
    prefill_policy: "round_robin",
    decode_policy: "round_robin",
    max_concurrent: 64,
    ...speech.config,
    targets: cluster.engines.map((engine) => ({
      ...{ url: engine.url, role: engine.role, slots: dpSize },
      ...engine.told,
    })),
    ...config,
  };
}
