import fc from "fast-check";
import { expect, it } from "vitest";
import { after, type Health, type Sight, UNKNOWN } from "../../src/proxy/health/health.ts";
import { Endpoint, type Slot } from "../../src/proxy/routing/endpoint.ts";
import { policies } from "../../src/proxy/routing/policies.ts";
import { Roster, type Seat } from "../../src/proxy/routing/roster.ts";
import { undiciUpstream } from "../../src/proxy/upstream/undici-upstream.ts";

const seen = (...sights: Sight[]) => sights.reduce<Health>(after, UNKNOWN).state;

it.each<[Sight[], Health["state"]]>([
  [[], "unknown"],
  [["well"], "up"],
  [["refused"], "down"],
  [["sick"], "down"],
  [["well", "refused", "well"], "down"],
  [["well", "refused", "well", "well"], "up"],
  [["well", "refused", "well", "silent", "well"], "down"],
  [["well", "silent", "silent"], "up"],
  [["well", "silent", "silent", "silent"], "down"],
  [["well", "silent", "silent", "well", "silent", "silent"], "up"],
  [["silent", "silent", "silent"], "down"],
])("an endpoint that was seen %j is %s", (sights, state) => expect(seen(...sights)).toBe(state));

const endpoint = (index: number, slots: number, role: "prefill" | "decode" = "decode") =>
  new Endpoint(
    { url: `http://127.0.0.1:${index + 1}`, role, slots },
    undiciUpstream(`http://127.0.0.1:${index + 1}`),
    () => undefined,
  );

const roster = (counts: readonly number[], policy: keyof typeof policies) => {
  const endpoints = counts.map((slots, index) => endpoint(index, slots));
  return { endpoints, roster: new Roster("decode", endpoints, { choose: policies[policy](() => 0), now: () => 0 }) };
};
const TRAITS = { affinity: () => "", prefix: () => [] };
const taken = (seat: Seat | undefined): Slot => seat?.slot ?? expect.unreachable("no seat");

it("without load both policies use all slots evenly, however many, and whichever are down", () => {
  const counts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  const policy = fc.constantFrom<keyof typeof policies>("round_robin", "least_loaded");
  fc.assert(
    fc.property(counts, policy, fc.nat(4), fc.nat(40), (slots, name, down, picks) => {
      const { endpoints, roster: one } = roster(slots, name);
      if (slots.length > 1) endpoints[down % slots.length]?.saw("refused");
      const uses = new Map<Slot, number>();
      for (const { slots: all, state } of endpoints) for (const slot of all) if (state !== "down") uses.set(slot, 0);
      for (let pick = 0; pick < picks; pick++) {
        const seat = one.pick(10, new Set(), TRAITS);
        const slot = taken(seat);
        uses.set(slot, (uses.get(slot) ?? Number.NaN) + 1);
        seat?.release();
      }
      expect(Math.max(...uses.values()) - Math.min(...uses.values())).toBeLessThanOrEqual(1);
    }),
  );
});

it("least_loaded takes the slot with the fewest tokens, and a seat given back twice counts once", () => {
  const { roster: one } = roster([2, 1], "least_loaded");
  const seats = [500, 10, 100].map((tokens) => one.pick(tokens, new Set(), TRAITS));
  expect(taken(one.pick(1, new Set(), TRAITS))).toBe(seats[1]?.slot);
  seats[0]?.release();
  seats[0]?.release();
  expect([seats[0]?.slot.load, seats[0]?.slot.inFlight]).toEqual([0, 0]);
  expect(taken(one.pick(1, new Set(), TRAITS))).toBe(seats[0]?.slot);
});

it("an endpoint nobody has asked yet is tried only while none is known to be up", () => {
  const { endpoints, roster: one } = roster([1, 1], "round_robin");
  expect([one.ready, one.open]).toEqual([false, true]);
  endpoints[1]?.saw("well");
  const urls = [1, 2, 3].map(() => taken(one.pick(1, new Set(), TRAITS)).endpoint.url);
  expect(new Set(urls)).toEqual(new Set([endpoints[1]?.url]));
  for (const each of endpoints) each.saw("refused");
  expect([one.ready, one.open, one.pick(1, new Set(), TRAITS)]).toEqual([false, false, undefined]);
});
