import { expect, it } from "vitest";
import { ask } from "../client.ts";
import { togetherContract } from "../family-contract.ts";
import { type House, inHouse } from "../house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';
const HEARS = "prefill hears of a request only when decode has called back";

togetherContract("layerwise", "layerwise", {
  "a decode that fails before its first byte gets the request again, prefilled anew, at another if there is one": HEARS,
  "a decode that fails twice is the client's to know, in its own words": HEARS,
});

it("decode's call is answered when prefill has ended: well, or with an error", () =>
  inHouse({ dialect: "layerwise" }, async (house) => {
    expect((await house.send(SHORT)).status).toBe(200);
    await called(house, [200]);
    house.p[0]?.faults.push({ kind: "status", status: 422, body: "{}" });
    expect((await house.send(SHORT)).status).toBe(422);
    await called(house, [200, 502]);
  }));

it("a decode that fails is tried again, and prefill computes once, for the one that called", () =>
  inHouse({ dialect: "layerwise", decode: 2 }, async (house) => {
    for (const [index, status] of [500, 503].entries()) {
      const raw = `{"x_fault_decode":{"kind":"status","status":${status},"body":"{}","first":true},${SHORT.slice(1)}`;
      expect((await house.send(raw, { id: `y${index}` })).status).toBe(200);
    }
    expect(house.p[0]?.ids).toEqual(["y0-r1", "y1-r1"]);
  }));

it("a call that nobody waits for is answered 404, whatever id it names, and one that is none 400", () =>
  inHouse({ dialect: "layerwise" }, async (house) => {
    const { port } = house.proxy;
    const call = (path: string, body: string) => ask({ port, path, body });
    let go = () => {};
    const may = new Promise<void>((resolve) => {
      go = resolve;
    });
    house.p[0]?.faults.push({ kind: "paced", before: () => may });
    const arrived = house.p[0]?.next("arrival");
    const answer = house.send(SHORT, { id: "mine" });
    const { raw } = (await arrived) ?? { raw: "" };
    const said = raw.slice(raw.indexOf('{"token_ids"'), raw.indexOf("}", raw.indexOf('{"token_ids"')) + 1);
    expect(JSON.parse(said).request_id).toMatch(/^cmpl-mine-[0-9a-f]{12}-0$/);
    for (const path of ["/v1/metaserver", "/v1/metaserver?key=", `/v1/metaserver?key=${"0".repeat(32)}`])
      expect((await call(path, said)).status, path).toBe(404); // who knows the id does not know the key
    expect((await call("/v1/metaserver", "[1]")).status).toBe(400);
    expect((await call("/v1/metaserver", "")).status).toBe(400);
    go();
    expect((await answer).status).toBe(200);
  }));

it("a call is not a page of proxies of other families", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    expect((await house.send("{}", { path: "/v1/metaserver" })).status).toBe(404);
  }));

it("a proxy that stops takes the calls of the requests that it still serves", () =>
  inHouse({ dialect: "layerwise" }, async (house) => {
    let go = () => {};
    const may = new Promise<void>((resolve) => {
      go = resolve;
    });
    const [d] = house.d;
    if (d === undefined) throw new Error("a decode");
    d.callsAfter = may;
    const arrived = d.next("arrival");
    const answer = house.send(SHORT);
    await arrived;
    const closed = house.close(10_000);
    expect((await house.send(SHORT)).status).toBe(503);
    go();
    expect((await answer).status).toBe(200);
    await closed;
  }));

/** Each look is a round trip. */
async function called(house: House, statuses: readonly number[]): Promise<void> {
  for (const deadline = performance.now() + 10_000; house.d[0]?.calls.length !== statuses.length; ) {
    await house.get("/health");
    if (performance.now() > deadline) break;
  }
  expect(house.d[0]?.calls).toEqual(statuses);
}
