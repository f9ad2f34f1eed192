import { expect, it } from "vitest";
import type { Fault } from "../fake/faults.ts";
import { type House, inHouse } from "../house.ts";

const REQUESTS = 100;
const AT_ONCE = 12;
const C = "/v1/completions";

/** The same faults on every run, so that a failure can be seen again. */
function* dice(): Generator<number, never> {
  for (let seed = 11; ; ) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield seed / 2_147_483_648;
  }
}

const faults: readonly (Fault | undefined)[] = [
  ...[undefined, undefined, undefined, undefined, undefined, undefined],
  { kind: "given-back", after: 0 },
  { kind: "hang" },
  { kind: "reset" },
  { kind: "break", after: 2 },
  { kind: "status", status: 422, body: "{}" },
  { kind: "status", status: 503, body: "{}" },
];

const TIMES = { prefill_timeout_seconds: 1, first_byte_timeout_seconds: 1, idle_timeout_seconds: 1 };
const config = { ...TIMES, resume_recomputed: true, decode_policy: "least_loaded" } as const;

it("after hundreds of faults and lost clients in requests of several parts no seat, connection, count or id is left", () =>
  inHouse({ dialect: "mooncake-ascend", prefill: 2, decode: 2, config }, async (house) => {
    const random = dice();
    const roll = () => random.next().value;
    const statuses = new Map<number | string, number>();
    let next = 0;
    const client = async () => {
      while (next++ < REQUESTS) {
        for (const { faults: queue } of [...house.p, ...house.d]) {
          const fault = faults[Math.floor(roll() * faults.length)];
          if (fault && queue.length < 4) queue.push(fault);
        }
        const stays = roll() < 0.7;
        const outcome = await one(
          house,
          { parts: 1 + Math.floor(roll() * 4), streams: roll() < 0.5 },
          stays ? undefined : roll() * 8,
        );
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    for (const { faults: queue } of [...house.p, ...house.d]) queue.length = 0;
    await house.quiet();
    house.cluster.registry.expire(); // what engines held for the requests that were cut off
    for (const outcome of [200, 422, 502, "left"])
      expect(statuses.get(outcome), `outcome ${outcome}, of ${[...statuses]}`).toBeGreaterThan(2);
    for (let again = 1; again <= REQUESTS; again += 11)
      expect(await one(house, { parts: 4, streams: true, id: `m${again}` }, undefined)).toBe(200);
    const engaged = new Set(house.p.flatMap(({ ids }) => ids.slice(-80)));
    expect([engaged.has("m1-p3"), engaged.has("m89-p3")]).toEqual([true, true]); // as they are: nobody had them any more
    expect((await house.metric("pdctl_proxy_recomputes")).length).toBeGreaterThan(0);
    expect((await house.metric("pdctl_proxy_split")).length).toBeGreaterThan(0);
  }));

let requests = 0;

/** @param leavesAfterMs the client goes away then, in whatever stage its request is */
async function one(
  house: House,
  { parts, streams, id = `m${++requests}` }: { parts: number; streams: boolean; id?: string },
  leavesAfterMs: number | undefined,
): Promise<number | "left"> {
  const prompts = Array.from({ length: parts }, (_, index) => `[${index + 1},7]`);
  const rest = `"max_tokens":5${streams ? ',"stream":true' : ""}}`;
  const asking = streams ? '"stream_options":{"include_usage":true},' : "";
  const whole = prompts.length === 1 ? prompts[0] : `[${prompts}]`;
  const raw = `{"model":"m","prompt":${whole},${rest}`;
  // of tokens no longer prompt can be made: what was given back begins anew, with the same request
  for (const [index, prompt] of prompts.entries()) {
    const part = prompts.length === 1 ? `"model":"m","prompt":${prompt},` : `"prompt":${prompt},"model":"m",`;
    const atDecode = `{${asking}${part}${rest}`;
    const base = index === 0 ? id : `${id}-p${index}`;
    for (const name of [base, ...[1, 2, 3].map((time) => `${base}-c${time}`)])
      house.cluster.remember(name, { path: C, raw: atDecode, headers: {}, atDecode, alone: false });
  }
  const open = house.openAs(id, raw);
  if (leavesAfterMs !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, leavesAfterMs));
    open.leave();
    return "left";
  }
  const res = await open.head;
  res.on("error", () => undefined).resume();
  await new Promise((resolve) => res.on("close", resolve));
  return res.statusCode ?? 0;
}
