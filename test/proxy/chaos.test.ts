import { expect, it } from "vitest";
import type { Fault } from "./fake/faults.ts";
import { inHouse } from "./house.ts";

const REQUESTS = 250;
const AT_ONCE = 16;

/** The same faults on every run, so that a failure can be seen again. */
function* dice(): Generator<number, never> {
  for (let seed = 7; ; ) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield seed / 2_147_483_648;
  }
}

const faults: readonly (Fault | undefined)[] = [
  ...[undefined, undefined, undefined],
  { kind: "hang" },
  { kind: "silent-stream" },
  { kind: "reset" },
  { kind: "break", after: 2 },
  { kind: "status", status: 500, body: "{}" },
  { kind: "flood", bytes: 1_000_000 },
];

/** One that hangs is let go by its time, where it could be writing into decode's memory. */
const HANGS = { prefill_timeout_seconds: 1 };

it.each(["nixl", "ucm", "mooncake", "nixl-push", "moriio-write", "layerwise"] as const)(
  "after hundreds of faults and lost clients (%s) no seat, connection or count is left",
  (dialect) =>
    inHouse({ dialect, prefill: 2, decode: 2, config: { decode_policy: "least_loaded", ...HANGS } }, async (house) => {
      const random = dice();
      const roll = () => random.next().value;
      const pick = () => faults[Math.floor(roll() * faults.length)];
      let [next, statuses] = [0, new Map<number | string, number>()];
      const client = async () => {
        while (next++ < REQUESTS) {
          const [p, d, stays] = [pick(), pick(), roll() < 0.6];
          const raw = JSON.stringify({
            model: "m",
            prompt: "a b c",
            max_tokens: 6,
            stream: roll() < 0.7,
            x_fault_prefill: p,
            x_fault_decode: d,
          });
          const ends = [p, d].every((fault) => fault?.kind !== "hang" && fault?.kind !== "silent-stream");
          const outcome = stays && ends ? (await house.send(raw)).status : await leaves(house, raw, roll() * 8);
          statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, client));
      await house.quiet();
      house.cluster.registry.expire(); // what engines held for the requests that were cut off
      for (const outcome of [200, 500, 502, "left"])
        expect(statuses.get(outcome), `outcome ${outcome}`).toBeGreaterThan(5);
      const again = await house.send('{"model":"m","prompt":"a b c","max_tokens":6}');
      expect(again.status).toBe(200);
    }),
);

/** A client that goes away some milliseconds after it came: in whatever stage it then is. */
async function leaves(
  house: Parameters<Parameters<typeof inHouse>[1]>[0],
  raw: string,
  afterMs: number,
): Promise<"left"> {
  const open = house.open(raw);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  open.leave();
  return "left";
}
