import { expect, it } from "vitest";
import type { Fault } from "./fake/faults.ts";
import { type House, inHouse } from "./house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';
const NO_TICKET: Fault = { kind: "ticket", text: undefined };
const refuses = (status: number): Fault => ({ kind: "status", status, body: '{"error":"broken"}' });
const answerOf = (house: House, raw: string) => house.cluster.answerTo("/v1/completions", raw, 4);
const textOf = (text: string) => JSON.parse(text).choices[0].text;
/** No probe finds out first. */
const ONE_PROBE = { upMs: 60_000, otherMs: 60_000, answerMs: 1_000 };

it("prefill without KV: with decode-only decode gets the client's request as it came, and it is counted", () =>
  inHouse({ dialect: "nixl", config: { on_missing_kv: "decode-only" } }, async (house) => {
    house.p[0]?.faults.push(NO_TICKET);
    const answer = await house.send(SHORT, { id: "a", alone: "after-prefill" });
    expect(answer).toMatchObject({ status: 200, headers: { "x-pdctl-alone": "missing_kv" } });
    expect(textOf(answer.text)).toBe(answerOf(house, SHORT));
    expect(await house.metric("pdctl_proxy_missing_kv")).toEqual([
      `pdctl_proxy_missing_kv_params_total{target="${house.p[0]?.url}"} 1`,
    ]);
    expect(await house.metric("pdctl_proxy_bypass")).toEqual(['pdctl_proxy_bypass_total{reason="missing_kv"} 1']);
  }));

it("prefill without KV: with retry another prefill is asked, once, under a new id", () =>
  inHouse({ dialect: "nixl", prefill: 3, config: { on_missing_kv: "retry" } }, async (house) => {
    const asks = (first: boolean) => `${SHORT.slice(0, -1)},"x_fault_prefill":{"kind":"ticket","first":${first}}}`;
    const missing = { status: 502, headers: { "x-pdctl-error": "kv.missing" } };
    expect(await house.send(asks(false), { id: "a" })).toMatchObject(missing);
    expect((await house.send(asks(true), { id: "b" })).status).toBe(200);
    expect(house.p.flatMap(({ ids }) => ids).sort()).toEqual(["a", "a-r1", "b", "b-r1"]);
    for (const { ids } of house.p) expect(new Set(ids.map((id) => id[0])).size).toBe(ids.length); // never the same one twice
    expect(house.d[0]?.ids).toEqual(["b-r1"]);
    const counts = (await house.metric("pdctl_proxy_missing_kv")).map((row) => Number(row.split(" ")[1]));
    expect(counts.reduce((sum, count) => sum + count)).toBe(3);
    expect(await house.metric("pdctl_proxy_retries")).toEqual([
      'pdctl_proxy_retries_total{role="prefill",reason="no_kv"} 2',
    ]);
  }));

it("the only prefill is asked again for KV that it did not hand out", () =>
  inHouse({ dialect: "nixl", config: { on_missing_kv: "retry" } }, async (house) => {
    house.p[0]?.faults.push(NO_TICKET);
    expect((await house.send(SHORT, { id: "a" })).status).toBe(200);
    expect(house.p[0]?.ids).toEqual(["a", "a-r1"]);
  }));

it.each([
  ["known to be down", { upMs: 20, otherMs: 10, answerMs: 1_000 }],
  ["found to be down by the request", ONE_PROBE],
])("no prefill, %s: with decode-only decode serves, and the proxy calls itself ready", (_, probeTimes) =>
  inHouse({ dialect: "nixl", prefill: 2, probeTimes, config: { on_prefill_down: "decode-only" } }, async (house) => {
    await Promise.all(house.p.map((p) => p.stop()));
    if (probeTimes !== ONE_PROBE) await house.shows(/^pdctl_proxy_instance_up\{role="prefill",.* 0$/, 2);
    for (const id of ["a", "b"]) {
      const answer = await house.send(SHORT, { id, alone: true });
      expect(answer).toMatchObject({ status: 200, headers: { "x-pdctl-alone": "prefill_down" } });
      expect(textOf(answer.text)).toBe(answerOf(house, SHORT));
    }
    expect((await house.get("/health")).status).toBe(200);
  }),
);

it("no prefill, and nothing said of that case: 503, and the client is told when to come again", () =>
  inHouse({ dialect: "nixl", probeTimes: ONE_PROBE }, async (house) => {
    await house.p[0]?.stop();
    for (const id of ["a", "b"]) {
      const answer = await house.send(SHORT, { id });
      expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    }
    expect((await house.get("/health")).status).toBe(503);
    expect(house.d[0]?.ids).toEqual([]);
  }));

it("every prefill at its limit: with decode-only the next request goes to decode, with queue it waits", async () => {
  for (const policy of ["decode-only", "queue"] as const) {
    const config = { max_prefill_per_endpoint: 1, on_prefill_saturated: policy };
    await inHouse({ dialect: "nixl", config }, async (house) => {
      let go: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        go = resolve;
      });
      const [p] = house.p;
      p?.faults.push({ kind: "paced", before: () => held });
      const arrives = p?.next("arrival");
      const first = house.send(SHORT, { id: "a" });
      await arrives;
      const second = house.send(SHORT, { id: "b", alone: policy === "decode-only" });
      if (policy === "decode-only")
        expect(await second).toMatchObject({ status: 200, headers: { "x-pdctl-alone": "prefill_saturated" } });
      else await house.shows(/^pdctl_proxy_inflight_requests\{stage="queued"\} 1$/);
      go();
      expect((await first).status).toBe(200);
      expect((await second).status).toBe(200);
      expect(p?.ids).toEqual(policy === "queue" ? ["a", "b"] : ["a"]);
    });
  }
});

it("prefill's 500 goes to one other endpoint where the config says so, and no further", () =>
  inHouse({ dialect: "nixl", prefill: 3, config: { on_prefill_500: "retry" } }, async (house) => {
    house.p[0]?.faults.push(refuses(500));
    expect((await house.send(SHORT, { id: "a" })).status).toBe(200);
    for (const { faults } of house.p) faults.push(refuses(500));
    expect(await house.send(SHORT, { id: "b" })).toMatchObject({ status: 500, text: '{"error":"broken"}' });
    expect(house.p.flatMap(({ ids }) => ids).sort()).toEqual(["a", "a-r1", "b", "b-r1"]);
    for (const { faults } of house.p) faults.length = 0;
  }));

const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';

it("an engine that falls silent in its answer is let go, and the client reads an error and no whole answer", () =>
  inHouse({ dialect: "nixl", config: { idle_timeout_seconds: 0.2 } }, async (house) => {
    const [d] = house.d;
    const stuck = {
      kind: "paced",
      before: (event: number) => (event < 3 ? Promise.resolve() : new Promise(() => undefined)),
    } as const;
    d?.faults.push(stuck);
    const letGo = d?.next("aborted");
    const answer = await house.send(STREAM, { id: "a" });
    expect(answer).toMatchObject({ status: 200, whole: false });
    expect(answer.text).toMatch(
      /\n\ndata: \{"error":\{"message":"decode at \S+ has sent nothing for 0.2 s",.*"code":504\}\}\n\n$/,
    );
    expect(answer.text).not.toContain("[DONE]");
    await letGo;
    expect(await house.metric("pdctl_proxy_failures")).toEqual(['pdctl_proxy_failures_total{fault="target.silent"} 1']);
  }));

it("an answer whose client takes its time is not broken off: its engine is not silent, it is held back", () =>
  inHouse({ dialect: "nixl", config: { idle_timeout_seconds: 0.1 } }, async (house) => {
    const bytes = 32 * 1024 * 1024;
    house.d[0]?.faults.push({ kind: "flood", bytes });
    const res = await house.open(STREAM, { id: "a" }).head;
    await new Promise((resolve) => setTimeout(resolve, 500)); // several times the limit, in which nothing is read
    let read = 0;
    for await (const chunk of res) read += chunk.length;
    expect(read).toBe(bytes + "data: [DONE]\n\n".length);
  }));
