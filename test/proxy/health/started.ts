import { logTo } from "../../../src/proxy/books/log.ts";
import type { ProxyConfig } from "../../../src/proxy/config.ts";
import { startProxy } from "../../../src/proxy/server.ts";
import { type Answer, ask } from "../client.ts";
import { FakeCluster } from "../fake/cluster.ts";

export interface Start {
  /** The models of the engines, in their order. */
  readonly prefill: readonly string[];
  readonly decode: readonly string[];
  /** They do not answer probes. */
  readonly hangs?: boolean;
  readonly config?: Partial<ProxyConfig>;
}

export interface Started {
  readonly port: number;
  get(path: string): Promise<Answer>;
  send(raw: string): Promise<Answer>;
}

/** A proxy from its first moment on, whatever its engines are like. */
export async function started(
  { prefill, decode, hangs = false, config = {} }: Start,
  test: (house: Started) => Promise<void>,
): Promise<void> {
  const cluster = new FakeCluster("ucm");
  for (const [role, models] of [["prefill", prefill] as const, ["decode", decode] as const])
    for (const model of models) Object.assign(await cluster.add(role), { model, ...(hangs && { health: "hangs" }) });
  const targets = cluster.engines.map(({ url, role }) => ({ url, role, slots: 1 }));
  const policies = { prefill_policy: "round_robin", decode_policy: "round_robin" } as const;
  const base = { bind: "127.0.0.1", port: 0, family: "shared-store", ...policies, max_concurrent: 8, targets } as const;
  const probeTimes = { upMs: 40, otherMs: 10, answerMs: 1_000 };
  const proxy = await startProxy({ ...base, ...config }, { log: logTo(() => undefined), probeTimes });
  const { port } = proxy;
  let sent = 0;
  try {
    await test({
      port,
      get: (path) => ask({ port, path, method: "GET" }),
      send(raw) {
        const id = `s-${++sent}`;
        cluster.remember(id, { path: "/v1/completions", raw, headers: {}, atDecode: raw, alone: false });
        return ask({ port, body: raw, headers: { "content-type": "application/json", "x-request-id": id } });
      },
    });
  } finally {
    await proxy.close(0);
    await cluster.stop();
  }
}
