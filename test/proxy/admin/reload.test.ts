import { expect, it } from "vitest";
import { inHouse } from "../house.ts";
import { inOrder, instances, load, openStream, tell, until } from "./office.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

it("a config with other targets changes them while requests run: none fails, none is cut, and what left is gone", () =>
  inHouse({ dialect: "nixl", prefill: 2, decode: 2 }, async (house) => {
    const stream = await openStream(house);
    const [fresh] = [await house.cluster.add("decode")];
    const [old] = inOrder(house.p);
    const old2 = stream.decode.replace("#0", "");
    const { stop, statuses } = load(house);
    await until(() => statuses.length > 5);
    const kept = house.config.targets.filter(({ url }) => url !== old.url && url !== old2);
    house.config = { ...house.config, targets: [...kept, { url: fresh.url, role: "decode", slots: 1 }] };
    const answer = await tell(house, "POST", "/admin/reload");
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      {
        added: [{ role: "decode", url: fresh.url }],
        leaving: [
          { role: "prefill", url: old.url },
          { role: "decode", url: old2 },
        ],
        stays: [],
        kept: 2,
      },
    ]);
    await until(() => fresh.ids.length > 3);
    await until(async () => !(await instances(house)).some(({ url }) => url === old.url));
    await until(() => statuses.length > 40);
    expect((await instances(house)).find(({ url }) => url === old2)).toMatchObject({ presence: "leaves" });
    await stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await stream.finish()).toBe(true);
    await until(async () => (await instances(house)).length === 3);
    for (const row of await instances(house)) expect(row).toMatchObject({ state: "up", presence: "serves" });
  }));

it("what prefill was at when it was told to leave is read by the decode that leaves with it, not by what came in its place", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const [[p], [d]] = [inOrder(house.p), inOrder(house.d)];
    let go: () => void = () => undefined;
    const may = new Promise<void>((resolve) => {
      go = resolve;
    });
    p.faults.push({ kind: "paced", before: () => may });
    const arrived = p.next("arrival");
    const answer = house.send(SHORT);
    await arrived;
    const [p2, d2] = [await house.cluster.add("prefill"), await house.cluster.add("decode")];
    const targets = [
      { url: p2.url, role: "prefill" as const, slots: 1 },
      { url: d2.url, role: "decode" as const, slots: 1 },
    ];
    house.config = { ...house.config, targets };
    expect((await tell(house, "POST", "/admin/reload")).status).toBe(200);
    await until(async () => (await instances(house)).filter(({ state }) => state === "up").length === 4);
    expect((await house.send(SHORT)).status).toBe(200);
    expect([p.ids.length, p2.ids.length, d.ids.length, d2.ids.length]).toEqual([1, 1, 0, 1]);
    go();
    expect((await answer).status).toBe(200);
    expect([d.ids.length, d2.ids.length]).toEqual([1, 1]);
    await until(async () => (await instances(house)).length === 2);
  }));

it("keys that need a restart are named, and then nothing changes, whatever else the config says", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const [first, ...others] = house.config.targets;
    if (!first) throw new Error("no target");
    house.config = {
      ...house.config,
      ...{ max_concurrent: 9, port: 4_000, request_log: true },
      targets: [...others, { ...first, slots: 2 }, { url: "http://127.0.0.1:9", role: "decode", slots: 1 }],
    };
    const answer = await tell(house, "POST", "/admin/reload");
    expect(answer).toMatchObject({ status: 409, headers: { "x-pdctl-error": "reload.restart" } });
    expect(JSON.parse(answer.text)).toEqual({
      error: {
        message: "a restart is needed for port, max_concurrent, request_log, targets[1].slots; nothing was changed",
        type: "invalid_request_error",
        param: null,
        code: 409,
      },
      keys: ["port", "max_concurrent", "request_log", "targets[1].slots"],
    });
    expect(await instances(house)).toHaveLength(2);
  }));

it("a value that is written now and was the usual one before is no change", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    house.config = { ...house.config, queue_size: 1024 };
    expect(JSON.parse((await tell(house, "POST", "/admin/reload")).text)).toMatchObject({
      added: [],
      leaving: [],
      kept: 2,
    });
  }));

it("an engine that was drained to be restarted comes back with the next reload of the same config", () =>
  inHouse({ dialect: "nixl", decode: 2 }, async (house) => {
    const [engine] = inOrder(house.d);
    const { role, url } = engine;
    await tell(house, "POST", "/admin/instances/drain", { role, url });
    await until(async () => !(await instances(house)).some((row) => row.url === url));
    await engine.stop();
    for (let request = 0; request < 3; request++) expect((await house.send(SHORT)).status).toBe(200);
    await engine.start();
    expect(JSON.parse((await tell(house, "POST", "/admin/reload")).text)).toMatchObject({
      added: [{ role, url }],
      kept: 2,
    });
    await until(async () => (await instances(house)).every(({ state }) => state === "up"));
    for (let request = 0; request < 4; request++) expect((await house.send(SHORT)).status).toBe(200);
    expect(engine.ids.length).toBeGreaterThan(0);
  }));

it("one that leaves, and is in the config again, stays", () =>
  inHouse({ dialect: "nixl", decode: 2 }, async (house) => {
    const [stream, before] = [await openStream(house), house.config];
    const url = stream.decode.replace("#0", "");
    house.config = { ...before, targets: before.targets.filter((target) => target.url !== url) };
    await tell(house, "POST", "/admin/reload");
    house.config = before;
    const answer = JSON.parse((await tell(house, "POST", "/admin/reload")).text);
    expect(answer).toEqual({ added: [], leaving: [], stays: [{ role: "decode", url }], kept: 2 });
    expect(await stream.finish()).toBe(true);
    expect(await instances(house)).toHaveLength(3);
  }));
