import { expect, it } from "vitest";
import { type House, inHouse } from "./house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

it("prefill without a ticket is an error that names it, never a silent decode alone", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const [p, d] = [house.p[0], house.d[0]];
    const empty = [
      "null",
      "{ }",
      "[]",
      "7",
      '{"a":1,"remote_block_ids":[[ ],[]]}',
      '{"remote_block_ids":null}',
      '{"a":',
      undefined,
    ];
    for (const text of empty) {
      p?.faults.push({ kind: "ticket", text });
      const answer = await house.send(SHORT);
      expect(answer, String(text)).toMatchObject({ status: 502, headers: { "x-pdctl-error": "kv.missing" } });
      expect(JSON.parse(answer.text).error.message).toContain(p?.url);
    }
    for (const why of [
      "kv_transfer_params is null",
      "kv_transfer_params is empty",
      "remote_block_ids is empty",
      "no kv_transfer_params",
    ])
      expect(
        house.log.some((line) => line.includes(why)),
        why,
      ).toBe(true);
    expect(d?.ids).toEqual([]);
    expect(await house.metric("pdctl_proxy_missing_kv")).toEqual([
      `pdctl_proxy_missing_kv_params_total{target="${p?.url}"} ${empty.length}`,
    ]);
    expect(house.log.filter((line) => line.includes("failed kv.missing"))).toHaveLength(empty.length);
  }));

it("decode is never sent a ticket that prefill may have let go, and the client is told why", () => {
  let clock = 0;
  const now = () => {
    clock += 20_000; // so much time passes between any two looks at the clock
    return clock;
  };
  return inHouse({ dialect: "nixl", now, config: { kv_hold_seconds: 30 } }, async (house) => {
    const answer = await house.send(SHORT);
    expect(answer).toMatchObject({ status: 503, headers: { "x-pdctl-error": "kv.expired", "retry-after": "1" } });
    expect(house.d[0]?.ids).toEqual([]);
    expect(await house.metric("pdctl_proxy_kv_hold_expired_total")).toEqual([
      `pdctl_proxy_kv_hold_expired_total{target="${house.p[0]?.url}"} 1`,
    ]);
    expect(house.cluster.registry.expire()).toBe(1);
  });
});

it("decode that hangs with the ticket is let go when prefill's KV is: it could go on later, and read what is no longer there", () =>
  inHouse(
    { dialect: "nixl", config: { kv_hold_seconds: 1 }, probeTimes: { upMs: 40, otherMs: 10, answerMs: 200 } },
    async (house) => {
      const [d] = house.d;
      if (d === undefined) throw new Error("no decode");
      d.faults.push({ kind: "hang" });
      d.health = "hangs";
      expect(await house.send(SHORT)).toMatchObject({ status: 503, headers: { "x-pdctl-error": "kv.expired" } });
      expect(d.ids).toHaveLength(1);
      d.health = 200;
      house.cluster.registry.expire();
    },
  ));

it("decode that is only slow keeps its ticket past that time, because it renews the lease itself", () =>
  inHouse({ dialect: "nixl", config: { kv_hold_seconds: 1 } }, async (house) => {
    const slowly = { kind: "paced", before: () => new Promise((resolve) => setTimeout(resolve, 1_500)) } as const;
    house.d[0]?.faults.push(slowly);
    expect((await house.send('{"model":"m","prompt":"a","max_tokens":2}')).status).toBe(200);
  }));

it("a first token that ends the text costs no ticket where prefill must end by length", () =>
  inHouse({ dialect: "mooncake-ascend" }, async (house) => {
    house.p[0]?.faults.push({ kind: "eos-first" });
    expect((await house.send('{"model":"m","prompt":"a","min_tokens":3,"max_tokens":4}')).status).toBe(200);
  }));

it("the same without length_capped is an error and not a wrong answer", () =>
  inHouse({ dialect: "mooncake-ascend", config: { length_capped: false } }, async (house) => {
    house.p[0]?.faults.push({ kind: "eos-first" });
    expect(await house.send(SHORT)).toMatchObject({ status: 502, headers: { "x-pdctl-error": "kv.missing" } });
  }));

it("a forced tool call that prefill refuses for its one token goes to decode alone", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const refusal = { kind: "status", status: 400, body: '{"error":"one token is no tool call"}' } as const;
    const chat = (choice: string) => `{"model":"m","messages":[{"role":"user","content":"a"}],"tool_choice":${choice}}`;
    for (const choice of ['"required"', '{"type":"function","function":{"name":"f"}}']) {
      house.p[0]?.faults.push(refusal);
      const answer = await house.send(chat(choice), { path: "/v1/chat/completions", alone: "after-prefill" });
      expect(answer).toMatchObject({ status: 200, headers: { "x-pdctl-alone": "forced_tool" } });
    }
    house.p[0]?.faults.push(refusal);
    const answer = await house.send(chat('"auto"'), { path: "/v1/chat/completions" });
    expect(answer).toMatchObject({ status: 400, text: refusal.body });
    expect(house.d[0]?.ids).toHaveLength(2);
  }));

it("a decode engine that refuses the connection leaves the ticket good for another, under the same id", () =>
  inHouse({ dialect: "nixl", decode: 2 }, async (house) => {
    let stopped: Promise<unknown> | undefined;
    const before = () => (stopped ??= Promise.resolve(house.d[0]?.stop())); // one of the two is meant for it
    house.p[0]?.faults.push({ kind: "paced", before }, { kind: "paced", before });
    const answers = [house.send(SHORT, { id: "a" }), house.send(SHORT, { id: "b" })];
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect(house.p[0]?.ids.filter((id) => id.includes("-r"))).toEqual([]);
  }));

it("a ticket that went stale while decodes refused the connection is not sent: the prompt is prefilled anew", () => {
  let house: House | undefined;
  const refused = () => house?.log.some((line) => line.includes("is down")) === true;
  const now = () => performance.now() + (refused() ? 31_000 : 0); // the hold is over by the time the next one is asked
  const probeTimes = { upMs: 60_000, otherMs: 60_000, answerMs: 1_000 };
  return inHouse({ dialect: "nixl", decode: 2, now, probeTimes }, async (opened) => {
    house = opened;
    await house.d[0]?.stop();
    expect((await house.send(SHORT, { id: "s" })).status).toBe(200);
    expect([house.p[0]?.ids, house.d[1]?.ids]).toEqual([["s", "s-r1"], ["s-r1"]]);
    expect(house.cluster.registry.expire()).toBe(1);
  });
});

it("a handoff that takes too long is not made: the prompt is prefilled anew", () => {
  const probeTimes = { upMs: 60_000, otherMs: 60_000, answerMs: 1_000 };
  const config = { handoff_timeout_seconds: 5 };
  let house: House | undefined;
  const refused = () => house?.log.some((line) => line.includes("is down")) === true;
  const now = () => performance.now() + (refused() ? 6_000 : 0);
  return inHouse({ dialect: "nixl", decode: 2, now, probeTimes, config }, async (opened) => {
    house = opened;
    await house.d[0]?.stop();
    expect((await house.send(SHORT, { id: "s" })).status).toBe(200);
    expect([house.p[0]?.ids, house.d[1]?.ids]).toEqual([["s", "s-r1"], ["s-r1"]]);
    expect(house.cluster.registry.expire()).toBe(1);
  });
});
