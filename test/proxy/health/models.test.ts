import { expect, it } from "vitest";
import { until } from "../admin/office.ts";
import { type House, inHouse } from "../house.ts";
import { started } from "./started.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';
const health = async (house: Pick<House, "get">) => JSON.parse((await house.get("/health")).text);

it("an engine that comes back with another model gets no requests, is named, and is let in again when it serves the same", () =>
  inHouse({ dialect: "nixl", decode: 2 }, async (house) => {
    const [other, same] = house.d;
    if (!other || !same) throw new Error("no engines");
    other.health = 503;
    await until(async () => (await health(house)).decode.up === 1);
    other.model = "another";
    other.health = 200;
    const row = { role: "decode", url: other.url, state: "down", model: "another", others: "m" };
    await until(async () => (await health(house)).down[0]?.model !== undefined);
    expect(await health(house)).toMatchObject({ status: "ready", decode: { up: 1, of: 2 }, down: [row] });
    expect(await house.metric("pdctl_proxy_instance_other_model")).toContain(
      `pdctl_proxy_instance_other_model{role="decode",target="${other.url}"} 1`,
    );
    expect(house.log.join("")).toContain(`decode ${other.url} is down: it serves the model "another", the others "m"`);
    const before = other.ids.length;
    for (let request = 0; request < 4; request++) expect((await house.send(SHORT)).status).toBe(200);
    expect(other.ids.length).toBe(before);
    await same.stop(); // it is not even the last resort
    await until(async () => (await health(house)).decode.up === 0);
    expect(await house.send(SHORT)).toMatchObject({ status: 503, headers: { "x-pdctl-error": "target.none" } });
    await same.start();
    other.model = "m";
    await until(async () => (await health(house)).decode.up === 2);
  }));

it("at the start the model of most engines is the one that counts, of two the one that is listed first", () =>
  started({ prefill: ["m", "x"], decode: ["m"] }, async (house) => {
    await until(async () => (await health(house)).decode.up === 1 && (await health(house)).down[0]?.model === "x");
    expect(await health(house)).toMatchObject({
      status: "ready",
      prefill: { up: 1, of: 2 },
      down: [{ model: "x", others: "m" }],
    });
  }));

it("where the config names the model, engines that serve another are of no use, however many they are", () =>
  started({ prefill: ["m", "x"], decode: ["m", "x"], config: { model: "x" } }, async (house) => {
    await until(async () => (await health(house)).status === "ready");
    await until(async () => (await health(house)).down.length === 2);
    expect((await health(house)).down.map(({ model }: { model: string }) => model)).toEqual(["m", "m"]);
  }));

it("an engine that tells its model to nobody without a key is taken at its word", () =>
  inHouse({ dialect: "nixl", apiKey: "key" }, async (house) => {
    expect(await health(house)).toMatchObject({ status: "ready", down: [] });
  }));

it("requests that come before any engine was asked are tried, not refused", () =>
  started({ prefill: ["m"], decode: ["m"], hangs: true }, async (house) => {
    expect(await health(house)).toMatchObject({ status: "waiting", lacks: ["prefill", "decode"] });
    expect((await house.send(SHORT)).status).toBe(200);
  }));
