import { once } from "node:events";
import { expect, it } from "vitest";
import { type House, inHouse } from "./house.ts";

const SECRET = '{"model":"m","prompt":"do not tell","max_tokens":3,"stream":true}';

it("one line of JSON tells of every completion where it went and how it ended, and nothing of what it said", () =>
  inHouse({ dialect: "nixl", apiKey: "k1", config: { request_log: true } }, async (house) => {
    const headers = { authorization: "Bearer k1" };
    const answer = await house.send(SECRET, { id: "well", headers });
    expect(await line(house, "well")).toMatchObject({
      ...{ path: "/v1/completions", route: "pd", status: 200, retries: 0, bytes: Buffer.byteLength(answer.text) },
      ...{ prefill: `${house.p[0]?.url}#0`, decode: `${house.d[0]?.url}#0`, prompt_tokens_estimate: 3 },
      ...{
        at: expect.stringMatching(/Z$/),
        queue_ms: expect.any(Number),
        prefill_ms: expect.any(Number),
        handoff_ms: expect.any(Number),
      },
      ...{ first_byte_ms: expect.any(Number), total_ms: expect.any(Number) },
    });
    const pairs = ["a", "b"].map((prompt) => `{"prompt":"${prompt}","model":"m"}`);
    await house.send('{"model":"m","prompt":["a","b"]}', { id: "two", headers, pairs });
    expect(await line(house, "two")).toMatchObject({ status: 200, route: "pd", pairs: 2 });
    house.d[0]?.faults.push({ kind: "status", status: 503, body: "{}" });
    await house.send(SECRET, { id: "again", headers });
    expect(await line(house, "again")).toMatchObject({ status: 200, retries: 1 });
    house.p[0]?.faults.push({ kind: "ticket", text: "null" });
    await house.send(SECRET, { id: "fails", headers });
    expect(await line(house, "fails")).toMatchObject({ status: 502, fault: "kv.missing", bytes: 0 });
    house.d[0]?.faults.push({
      kind: "paced",
      before: (event) => (event < 2 ? Promise.resolve() : new Promise(() => {})),
    });
    const open = house.open(SECRET, { id: "leaves", headers });
    await once(await open.head, "data");
    open.leave();
    expect(await line(house, "leaves")).toMatchObject({ status: 200, left: "decode" });
    expect(house.log.filter((text) => text.startsWith("{"))).toHaveLength(5);
    expect(house.log.join("")).not.toMatch(/do not tell|k1/);
  }));

it("a completion that is refused at the door has its line, a page that is not there has none", () =>
  inHouse({ dialect: "nixl", config: { request_log: true, max_concurrent: 1, queue_size: 0 } }, async (house) => {
    house.p[0]?.faults.push({ kind: "hang" });
    const open = house.open(SECRET);
    await house.next("prefill");
    await house.ask({ body: SECRET, headers: { "content-type": "application/json" } });
    await house.ask({ path: "/nowhere", method: "GET" });
    open.leave();
    await house.shows(/^pdctl_proxy_aborts_total\{stage="prefill"\} 1$/);
    const lines = house.log.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ path: "/v1/completions", status: 429, bytes: 0, fault: "proxy.full" });
  }));

it("without request_log only failures have a line", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    await house.send(SECRET);
    expect(house.log.filter((text) => text.startsWith("{"))).toEqual([]);
  }));

/** The line of that request; it comes when the request has ended, after its answer. */
async function line(house: House, id: string): Promise<unknown> {
  for (const deadline = performance.now() + 5_000; ; await house.busy()) {
    const found = house.log.find((text) => text.startsWith("{") && JSON.parse(text).request === id);
    if (found) return JSON.parse(found);
    if (performance.now() > deadline) throw new Error(`no line for ${id}`);
  }
}
