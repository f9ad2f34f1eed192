import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { type House, inHouse, type Plan } from "./house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

it("so many run, so many wait in their order, and the next one is refused", () =>
  inGate({ max_concurrent: 2, queue_size: 3 }, async (house, { open, go }) => {
    for (let client = 0; client < 5; client++) {
      open(`c${client}`);
      await until(async () => (await counts(house)).inside === client + 1);
      await until(async () => (await counts(house)).waiting === Math.max(0, client - 1));
    }
    expect(await house.send(SHORT)).toMatchObject({
      status: 429,
      headers: { "retry-after": "1", "x-pdctl-error": "proxy.full" },
    });
    expect(house.p[0]?.ids).toEqual(["c0", "c1"]);
    go();
    await house.quiet();
    expect(house.p[0]?.ids).toEqual(["c0", "c1", "c2", "c3", "c4"]);
    expect(house.p[0]?.mostLive).toBe(2);
  }));

it("who leaves the queue makes room in it and reaches no engine", () =>
  inGate({ max_concurrent: 1, queue_size: 1 }, async (house, { open, go }) => {
    open("runs");
    await until(async () => house.p[0]?.ids.length === 1);
    const waits = open("leaves");
    await until(async () => (await counts(house)).waiting === 1);
    waits.leave();
    await until(async () => (await counts(house)).waiting === 0);
    open("stays");
    await until(async () => (await counts(house)).waiting === 1);
    go();
    await house.quiet();
    expect(house.p[0]?.ids).toEqual(["runs", "stays"]);
    expect(await house.metric("pdctl_proxy_aborts_total")).toEqual(['pdctl_proxy_aborts_total{stage="queued"} 1']);
  }));

it("who waits too long gets 503", () =>
  inGate({ max_concurrent: 1, queue_timeout_seconds: 0.05 }, async (house, { open, go }) => {
    open("runs");
    await until(async () => house.p[0]?.ids.length === 1);
    expect(await house.send(SHORT)).toMatchObject({ status: 503, headers: { "x-pdctl-error": "proxy.slow" } });
    go();
  }));

it("a prefill that has as many legs as it may gets no more, and the next one waits", () =>
  inGate({ max_prefill_per_endpoint: 1 }, async (house, { open, go }) => {
    open("p0");
    open("p1");
    await until(async () => (await counts(house)).waiting === 1);
    expect(house.p[0]?.ids).toHaveLength(1);
    go();
    await house.quiet();
    expect(house.p[0]?.ids).toHaveLength(2);
  }));

it("the limit of one prefill leaves the other one's places to those that wait", () =>
  inHouse({ dialect: "nixl", prefill: 2, config: { max_prefill_per_endpoint: 2 } }, async (house) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => house.send(SHORT)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const engine of house.p) expect(engine.mostLive).toBeLessThanOrEqual(2);
  }));

it("a request that is prefilled anew has its place already, also while others wait for one", () =>
  inHouse({ dialect: "nixl", config: { max_prefill_per_endpoint: 1 } }, async (house) => {
    const fault = { kind: "status", status: 503, body: "{}", first: true };
    const raw = SHORT.replace("{", `{"x_fault_decode":${JSON.stringify(fault)},`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => house.send(raw)));
    expect(house.p[0]?.ids).toHaveLength(10);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  }));

interface Gate {
  open(id: string): { leave(): void };
  go(): void;
}

/** Prefill answers nobody until the test says so. */
function inGate(config: Plan["config"], test: (house: House, gate: Gate) => Promise<void>) {
  let go: () => void = () => undefined;
  const may = new Promise<void>((resolve) => {
    go = resolve;
  });
  return inHouse({ dialect: "nixl", ...(config && { config }) }, async (house) => {
    for (let left = 5; left > 0; left--) house.p[0]?.faults.push({ kind: "paced", before: () => may });
    const open = (id: string) => house.open(SHORT, { id });
    await test(house, { open, go });
    go();
  });
}

async function counts(house: House): Promise<{ inside: number; waiting: number }> {
  const rows = await house.metric("pdctl_proxy_inflight_requests");
  const sum = (some: readonly string[]) => some.reduce((all, row) => all + Number(row.split(" ").at(-1)), 0);
  return { inside: sum(rows), waiting: sum(rows.filter((row) => row.includes('stage="queued"'))) };
}

/** Each look is a round trip. */
async function until(look: () => Promise<boolean | undefined>): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await look()); ) {
    if (performance.now() > deadline) throw new Error("it does not come about");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it("a client that leaves in the middle of an event gives its place back: what was kept of the event has nowhere to go", () =>
  inHouse({ dialect: "nixl", config: { max_concurrent: 1, queue_size: 0 } }, async (house) => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let half: () => void = () => undefined;
    const said = new Promise<void>((resolve) => {
      half = resolve;
    });
    const play = (socket: Socket) => void socket.write(`${head}9\r\ndata: {"i\r\n`, () => half());
    house.d[0]?.faults.push({ kind: "wire", play });
    const aborted = house.d[0]?.next("aborted");
    const open = house.open(
      '{"model":"m","prompt":"a","max_tokens":2,"stream":true,"stream_options":{"include_usage":true}}',
    );
    await said;
    for (let roundTrip = 0; roundTrip < 3; roundTrip++) await house.busy(); // it has been read
    open.leave();
    await aborted;
    expect((await house.send('{"model":"m","prompt":"a","max_tokens":2}')).status).toBe(200);
  }));
