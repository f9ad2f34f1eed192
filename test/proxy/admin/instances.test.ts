import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { ask } from "../client.ts";
import { inHouse } from "../house.ts";
import { inOrder, instances, load, openStream, tell, until } from "./office.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';

it("an endpoint that is added serves at once, and while it comes no request fails", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const fresh = [await house.cluster.add("prefill"), await house.cluster.add("decode")];
    const { stop, statuses } = load(house);
    for (const { role, url } of fresh) {
      const answer = await tell(house, "POST", "/admin/instances", { role, url });
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
        201,
        { role, url, slots: 1, state: "up", presence: "serves", model: "m" },
      ]);
    }
    await until(() => fresh.every(({ ids }) => ids.length > 3));
    await stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await house.metric("pdctl_proxy_instance_up")).toContain(
      `pdctl_proxy_instance_up{role="decode",target="${fresh[1]?.url}"} 1`,
    );
  }));

it("what is there already, in whatever spelling, is a 409; what cannot serve, or serves another model, a 422, and gets nothing", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const url = house.d[0]?.url ?? "";
    const again = await tell(house, "POST", "/admin/instances", { role: "decode", url: url.replace("http:", "HTTP:") });
    expect(again).toMatchObject({ status: 409, headers: { "x-pdctl-error": "instance.known" } });
    const other = await house.cluster.add("decode");
    other.model = "another";
    const sick = await house.cluster.add("decode");
    sick.health = 503;
    const gone = await house.cluster.add("decode");
    await gone.stop();
    for (const [engine, why] of [
      [other, 'it serves the model \\"another\\", the others \\"m\\"'],
      [sick, "its /health says that it cannot serve"],
      [gone, "it refuses the connection"],
    ] as const) {
      const answer = await tell(house, "POST", "/admin/instances", { role: "decode", url: engine.url });
      expect(answer).toMatchObject({ status: 422, headers: { "x-pdctl-error": "instance.unfit" } });
      expect(answer.text).toContain(why);
    }
    expect((await instances(house)).map((row) => row.url)).toEqual([house.p[0]?.url, url]);
  }));

it("two admins who add the same endpoint at once have added it once", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const { role, url } = await house.cluster.add("decode");
    const both = await Promise.all([1, 2].map(() => tell(house, "POST", "/admin/instances", { role, url })));
    expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409]);
    expect(await instances(house)).toHaveLength(3);
    const twice = { type: "prefill", instances: ["127.0.0.1:9", "127.0.0.1:9"] };
    expect((await tell(house, "POST", "/instances/add", twice)).text).toContain("listed twice");
  }));

it("an address of IPv6 is one like any other", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const six = createServer((socket) => void socket.pipe(towards(house.d[0]?.url ?? "")).pipe(socket));
    await once(six.listen(0, "::1"), "listening");
    const address = six.address();
    const url = `http://[::1]:${typeof address === "object" && address !== null ? address.port : 0}`;
    expect((await tell(house, "POST", "/admin/instances", { role: "decode", url })).status).toBe(201);
    const [one, two] = [await house.send(SHORT), await house.send(SHORT)];
    expect([one, two].map(({ headers }) => headers["x-pdctl-decode"])).toContain(`${url}#0`);
    expect((await tell(house, "DELETE", `/admin/instances?role=decode&url=${encodeURIComponent(url)}`)).status).toBe(
      200,
    );
    await once(six.close(), "close");
  }));

it("a prefill that leaves stays until decode has read the KV that it holds, and until the KV that nobody came for is let go", () => {
  let skip = 0;
  return inHouse({ dialect: "nixl", prefill: 2, now: () => performance.now() + skip }, async (house) => {
    const [d] = inOrder(house.d);
    let go: () => void = () => undefined;
    const may = new Promise<void>((resolve) => {
      go = resolve;
    });
    d.faults.push({ kind: "paced", before: () => may }); // it has the ticket, and has not answered
    const arrived = d.next("arrival");
    const asked = house.send(SHORT);
    const { id } = await arrived;
    const holder = house.p.find(({ ids }) => ids.includes(id));
    const { role, url } = holder ?? { role: "prefill", url: "" };
    expect(JSON.parse((await tell(house, "POST", "/admin/instances/drain", { role, url })).text)).toMatchObject({
      presence: "leaves",
      in_flight: 0,
      idle: false,
    });
    go();
    expect((await asked).status).toBe(200);
    await until(async () => (await instances(house)).length === 2);

    const [last] = house.p.filter((one) => one !== holder);
    d.faults.push({ kind: "hang" });
    const [hangs, aborted] = [d.next("arrival"), d.next("aborted")];
    const open = house.open(STREAM);
    await hangs;
    open.leave();
    await aborted; // its KV is prefill's to let go of
    await until(async () => (await house.busy()).decode === 0);
    const drained = await tell(house, "POST", "/admin/instances/drain", { role: "prefill", url: last?.url });
    expect(JSON.parse(drained.text)).toMatchObject({ presence: "leaves", idle: true });
    expect(JSON.parse(drained.text).holds_kv_seconds).toBeGreaterThan(25);
    expect(await instances(house)).toHaveLength(2);
    skip = 31_000; // the time has passed; asking again looks again
    await tell(house, "POST", "/admin/instances/drain", { role: "prefill", url: last?.url });
    expect(await instances(house)).toHaveLength(1);
  });
});

it("who waits for a place in prefill has it as soon as another prefill comes", () =>
  inHouse({ dialect: "ucm", config: { max_prefill_per_endpoint: 1 } }, async (house) => {
    house.p[0]?.faults.push({ kind: "hang" });
    const arrived = house.p[0]?.next("arrival");
    const first = house.open(SHORT);
    await arrived;
    const waits = house.send(SHORT);
    await house.shows(/^pdctl_proxy_inflight_requests\{stage="queued"\} 1$/);
    const { role, url } = await house.cluster.add("prefill");
    expect((await tell(house, "POST", "/admin/instances", { role, url })).status).toBe(201);
    expect((await waits).status).toBe(200);
    const aborted = house.p[0]?.next("aborted");
    first.leave();
    await aborted;
  }));

it("what has not ended after the time for leaving is cut off, and its client reads that the answer is broken", () =>
  inHouse({ dialect: "nixl", decode: 2 }, async (house) => {
    const stream = await openStream(house);
    const url = stream.decode.replace("#0", "");
    await tell(house, "POST", "/admin/instances/drain", { role: "decode", url, timeout_seconds: 0.05 });
    expect(await stream.ends()).toEqual({ whole: false, error: true });
    expect((await instances(house)).map((row) => row.url)).not.toContain(url);
    expect(house.log.join("")).toContain(`decode ${url} is gone: not done within 0.05 s, 1 cut off`);
  }));

it("one that is removed is gone at once, and what had not begun to answer there is served elsewhere", () =>
  inHouse({ dialect: "ucm", prefill: 2 }, async (house) => {
    for (const engine of house.p) engine.faults.push({ kind: "hang" });
    const arrived = house.next("prefill");
    const asked = house.send(SHORT);
    const { role, url } = await arrived;
    for (const engine of house.p) if (engine.url !== url) engine.faults.length = 0;
    expect((await tell(house, "DELETE", "/admin/instances", { role, url })).status).toBe(200);
    expect((await asked).status).toBe(200);
    expect(await tell(house, "DELETE", "/admin/instances", { role, url })).toMatchObject({ status: 404 });
  }));

it("one that is added while it leaves stays, with the streams that it has", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const stream = await openStream(house);
    const [{ role, url }] = inOrder(house.d);
    await tell(house, "POST", "/admin/instances/drain", { role, url });
    expect(await house.send(SHORT)).toMatchObject({ status: 503, headers: { "x-pdctl-error": "target.none" } });
    const back = await tell(house, "POST", "/admin/instances", { role, url });
    expect([back.status, JSON.parse(back.text)]).toMatchObject([201, { presence: "serves", in_flight: 1 }]);
    expect((await house.send(SHORT)).status).toBe(200);
    expect(await stream.finish()).toBe(true);
    expect(await instances(house)).toHaveLength(2);
  }));

it("the Ascend proxy's own bodies add and remove, with its answers, and a wrong type is an error and not a 200", () =>
  inHouse({ dialect: "mooncake-ascend", decode: 1 }, async (house) => {
    const [old, fresh] = [house.d[0]?.url.slice(7), (await house.cluster.add("decode")).url.slice(7)];
    const add = await tell(house, "POST", "/instances/add", { type: "decode", instances: [fresh] });
    expect([add.status, JSON.parse(add.text)]).toEqual([
      200,
      {
        message: `added http://${fresh}`,
        current_prefill_instances: [house.p[0]?.url.slice(7)],
        current_decode_instances: [old, fresh],
      },
    ]);
    const remove = await tell(house, "POST", "/instances/remove", { type: "decode", instances: old });
    expect(JSON.parse(remove.text)).toMatchObject({ message: "removed", current_decode_instances: [fresh] });
    for (const body of [
      { type: "decoder", instances: "h:1" },
      { type: "decode", instances: "h" },
      { type: "decode", instances: [1] },
      { type: "decode" },
    ])
      expect((await tell(house, "POST", "/instances/add", body)).status).toBe(400);
    expect((await tell(house, "POST", "/instances/remove", { type: "decode", instances: "h:1" })).status).toBe(404);
  }));

it("a body that is wrong is a 400 that says where", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    for (const [body, words] of [
      [{ role: "decoder", url: "http://h:1" }, 'role: expected "prefill" or "decode"'],
      [{ role: "decode", url: "h:1" }, "url: expected a url"],
      [{ role: "decode", url: "http://h:1", slots: 0 }, "slots: expected a whole number"],
      [{ role: "decode", url: "http://h:1", dp: 2 }, "dp: unknown key"],
    ] as const) {
      const answer = await tell(house, "POST", "/admin/instances", body);
      expect([answer.status, answer.text.replaceAll("\\", "")]).toEqual([400, expect.stringContaining(words)]);
    }
    expect((await ask({ port: house.proxy.port, path: "/admin/instances", body: "{" })).status).toBe(400);
    expect((await house.ask({ path: "/admin/instances", method: "PUT" })).status).toBe(405);
  }));

const towards = (url: string) => connect(Number(new URL(url).port), "127.0.0.1");
