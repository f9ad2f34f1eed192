import { expect, it } from "vitest";
import { type House, inHouse } from "./house.ts";

const STREAM =
  '{"model":"m","prompt":"one two three","max_tokens":4,"min_tokens":3,"stream":true,"stream_options":{"include_usage":true}}';
const LONG = { kv_hold_seconds: 480 };

it("a client that leaves as prefill's answer comes in does not leave the KV behind: decode fetches it", () =>
  inHouse({ dialect: "mooncake-ascend", config: LONG }, async (house) => {
    await leavesDuringTicket(house, 1, async () => {
      const arrived = house.d[0]?.next("arrival");
      return () => arrived;
    });
    expect(house.cluster.registry.handles.map(({ state }) => state)).toEqual(["released"]);
    expect(house.d[0]?.ids).toEqual(house.p[0]?.ids);
    expect(await house.metric("pdctl_proxy_aborts_total")).toEqual(['pdctl_proxy_aborts_total{stage="handoff"} 1']);
    await until(async () =>
      (await house.metric("pdctl_proxy_release_dispatches_total"))[0]?.endsWith('{result="released"} 1'),
    );
  }));

it("KV that ends by itself is left to its lease, and prefill is let go at once", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const aborted = house.p[0]?.next("aborted");
    await leavesDuringTicket(house, 1, async () => () => aborted);
    expect(house.d[0]?.ids).toEqual([]);
    expect(house.cluster.registry.expire()).toBe(1);
  }));

it("sixteen fetches run at once, and the others wait for them", () =>
  inHouse({ dialect: "mooncake-ascend", config: LONG }, async (house) => {
    const [d] = house.d;
    let go: () => void = () => undefined;
    const may = new Promise<void>((resolve) => {
      go = resolve;
    });
    for (let left = 20; left > 0; left--) d?.faults.push({ kind: "paced", before: () => may });
    await leavesDuringTicket(house, 20, async () => async () => {
      await until(async () => (await house.busy()).decode === 16 && d?.ids.length === 16);
      for (let roundTrip = 0; roundTrip < 5; roundTrip++) await house.busy();
      expect([d?.ids.length, await house.busy()]).toEqual([16, { prefill: 0, decode: 16 }]);
      go();
      await until(async () => (await house.busy()).decode === 0);
    });
    await house.quiet();
    expect(new Set(house.cluster.registry.handles.map(({ state }) => state))).toEqual(new Set(["released"]));
  }));

it("decode that holds such a ticket is let go when it has begun to work, not before", () =>
  inHouse({ dialect: "mooncake-ascend", config: LONG }, async (house) => {
    const [d] = house.d;
    let [go, isAborted] = [(): void => undefined, false];
    const may = new Promise<void>((resolve) => {
      go = resolve;
    });
    d?.faults.push({ kind: "paced", before: (event) => (event === 0 ? may : new Promise(() => undefined)) });
    d?.events.once("aborted", () => {
      isAborted = true;
    });
    const arrived = d?.next("arrival");
    const open = house.open(STREAM);
    await arrived;
    const aborted = d?.next("aborted");
    open.leave();
    await until(async () => (await house.metric("pdctl_proxy_inflight_requests")).every((row) => row.endsWith(" 0")));
    for (let roundTrip = 0; roundTrip < 5; roundTrip++) await house.busy();
    expect(isAborted).toBe(false);
    go();
    await aborted;
  }));

it("decode that says nothing is let go two seconds after its client", () =>
  inHouse({ dialect: "mooncake-ascend", config: LONG }, async (house) => {
    house.d[0]?.faults.push({ kind: "hang" });
    const [arrived, aborted] = [house.d[0]?.next("arrival"), house.d[0]?.next("aborted")];
    const open = house.open(STREAM);
    await arrived;
    const left = performance.now();
    open.leave();
    await aborted;
    expect(performance.now() - left).toBeGreaterThan(1_900);
  }));

/** Clients that leave when the head of prefill's answer has come and its ticket has not. */
async function leavesDuringTicket(
  house: House,
  clients: number,
  watch: () => Promise<() => Promise<unknown> | undefined>,
): Promise<void> {
  let go: () => void = () => undefined;
  const may = new Promise<void>((resolve) => {
    go = resolve;
  });
  for (let left = clients; left > 0; left--) house.p[0]?.faults.push({ kind: "late-body", rest: () => may });
  const open = Array.from({ length: clients }, () => house.open(STREAM, { leaves: true }));
  const row = `code="200"} ${clients}`;
  await until(async () => (await house.metric("pdctl_proxy_upstream_requests_total"))[0]?.endsWith(row));
  const seen = await watch();
  for (const client of open) client.leave();
  await until(async () => (await house.metric("pdctl_proxy_inflight_requests")).every((each) => each.endsWith(" 0")));
  go();
  await seen();
}

/** Each look is a round trip. */
async function until(look: () => Promise<boolean | undefined>): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await look()); )
    if (performance.now() > deadline) throw new Error("it does not come about");
}
