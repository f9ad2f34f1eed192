import fc from "fast-check";
import { expect, it } from "vitest";
import { readObject } from "../../src/proxy/body/json.ts";
import { Endpoint, type Slot } from "../../src/proxy/routing/endpoint.ts";
import { policies, score, type Traits } from "../../src/proxy/routing/policies.ts";
import { traitsOf } from "../../src/proxy/routing/traits.ts";
import { undiciUpstream } from "../../src/proxy/upstream/undici-upstream.ts";
import { inHouse } from "./house.ts";

const slots = (count: number): readonly Slot[] =>
  Array.from({ length: count }, (_, index) => {
    const url = `http://127.0.0.1:${index + 1}`;
    return new Endpoint({ url, role: "prefill", slots: 1 }, undiciUpstream(url), () => undefined).slots;
  }).flat();
const of = (affinity: string, prefix: readonly number[] = []): Traits => ({
  affinity: () => affinity,
  prefix: () => prefix,
});
const NOBODY = of("");

it("power_of_two draws two different slots, and takes the one with less to do", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (count, a, b) => {
        const all = slots(count);
        for (const [index, slot] of all.entries()) slot.load = index;
        const chances = [a, b];
        const chosen = policies.power_of_two(() => chances.shift() ?? 0)(all, NOBODY);
        expect(chosen).toBeDefined();
        expect(chosen).not.toBe(all.at(-1)); // of two different ones the busiest of all is never the better
      },
    ),
  );
  expect(policies.power_of_two(() => 0.5)(slots(1), NOBODY)).toBeDefined();
  expect(policies.power_of_two(() => 0.5)([], NOBODY)).toBeUndefined();
});

it("random reaches every slot, and none when there is none", () => {
  const all = slots(4);
  const chosen = [0, 0.3, 0.6, 0.99].map((chance) => policies.random(() => chance)(all, NOBODY));
  expect(chosen).toEqual([...all]);
  expect(policies.random(() => 0)([], NOBODY)).toBeUndefined();
});

it("KV that prefill only holds counts a third of what it computes", () => {
  const [a, b] = slots(2);
  if (!a || !b) throw new Error("two slots");
  a.pinned = 1_000;
  b.load = 299;
  expect(score(a)).toBe(300);
  expect(policies.least_loaded(() => 0)([a, b], NOBODY)).toBe(b);
});

it("consistent_hash keeps a conversation at its slot, spreads many, and moves only those of a slot that goes", () => {
  const all = slots(5);
  const choose = policies.consistent_hash(() => 0);
  const keys = Array.from({ length: 2_000 }, (_, index) => `user ${index}`);
  const home = new Map(keys.map((key) => [key, choose(all, of(key))]));
  const counts = all.map((slot) => [...home.values()].filter((each) => each === slot).length);
  expect(Math.min(...counts)).toBeGreaterThan(250);
  const left = [...all.slice(2), ...all.slice(0, 1)]; // without the second, and in another order of turns
  for (const [key, slot] of home) if (slot !== all[1]) expect(choose(left, of(key))).toBe(slot);
});

it("consistent_hash gives an engine that left and came back the conversations that it had, and moves no other", () => {
  const [all, again] = [slots(5), slots(5)];
  const choose = policies.consistent_hash(() => 0);
  const keys = Array.from({ length: 500 }, (_, index) => `user ${index}`);
  const home = new Map(keys.map((key) => [key, choose(all, of(key))?.endpoint.url]));
  all[1]?.endpoint.go();
  const back = all.map((slot, index) => (index === 1 ? (again[1] ?? slot) : slot));
  for (const [key, url] of home) expect(choose(back, of(key))?.endpoint.url).toBe(url);
  expect(keys.some((key) => choose(back, of(key)) === again[1])).toBe(true);
});

it("consistent_hash passes over a slot that is far busier than the others", () => {
  const all = slots(4);
  const choose = policies.consistent_hash(() => 0);
  const home = choose(all, of("me"));
  if (!home) throw new Error("no slot");
  for (const slot of all) slot.inFlight = 10;
  expect(choose(all, of("me"))).toBe(home);
  home.inFlight = 20;
  const other = choose(all, of("me"));
  expect(other).not.toBe(home);
  expect(other).toBeDefined();
});

it("prefix_aware goes where the beginning of the prompt has been, unless little of it was, or that slot is far busier", () => {
  const all = slots(3);
  const choose = policies.prefix_aware(() => 0);
  const home = choose(all, of("", [1, 2, 3, 4]));
  if (!home) throw new Error("no slot");
  home.load = 10_000; // more to do than the others, and all the same the cache is there
  expect(choose(all, of("", [1, 2, 3, 9]))).toBe(home);
  expect(choose(all, of("", [1, 20, 21, 22]))).not.toBe(home); // a quarter
  expect(choose(all, of("", [8, 2, 3, 4]))).not.toBe(home); // another beginning
  expect(choose(all, of("", []))).not.toBe(home);
  home.inFlight = 65;
  expect(choose(all, of("", [1, 2, 3, 4]))).not.toBe(home);
});

it("the traits of a request are of its user and of its prompt, not of one request", () => {
  const traits = (headers: Record<string, string>, body: string) => traitsOf(headers, readObject(Buffer.from(body)));
  const prompt = (text: string) => `{"max_tokens":1,"prompt":"${text}"}`;
  expect(traits({ "x-session-id": "s" }, '{"user":"u"}').affinity()).toBe("s");
  expect(traits({}, '{"user":"u"}').affinity()).toBe('"u"');
  expect(traits({}, prompt("a")).affinity()).toBe(traits({}, '{ "prompt" : "a"}').affinity());
  expect(traits({}, prompt("a")).affinity()).not.toBe(traits({}, prompt("b")).affinity());
  const [long, same, other] = ["x", "x", "y"].map((end) =>
    traits({}, prompt(`${"a".repeat(600)}${end}${"b".repeat(300)}`)).prefix(),
  );
  expect(long).toHaveLength(3);
  expect(same).toEqual(long);
  expect(other?.slice(0, 2)).toEqual(long?.slice(0, 2));
  expect(other?.[2]).not.toBe(long?.[2]);
});

it.each(["random", "power_of_two", "consistent_hash", "prefix_aware"] as const)(
  "%s serves both legs, ranks and all",
  (policy) =>
    inHouse(
      {
        dialect: "nixl",
        prefill: 2,
        decode: 2,
        dpSize: 2,
        config: { prefill_policy: policy, decode_policy: policy === "prefix_aware" ? "consistent_hash" : policy },
      },
      async (house) => {
        const raw = `{"model":"m","user":"me","prompt":"${"long ".repeat(200)}","max_tokens":2}`;
        const homes = new Set<unknown>();
        for (let request = 0; request < 12; request++) {
          const { status, headers } = await house.send(raw);
          expect(status).toBe(200);
          homes.add(headers["x-pdctl-prefill"]);
        }
        if (policy === "consistent_hash" || policy === "prefix_aware") expect(homes.size).toBe(1);
        expect((await house.metric("pdctl_proxy_instance_pinned_tokens")).every((row) => row.endsWith(" 0"))).toBe(
          true,
        );
      },
    ),
);

it("a prompt that decode has nearly all of in its cache is not worth a prefill, where decode's policy knows what it has", () =>
  inHouse(
    { dialect: "nixl", decode: 3, config: { decode_policy: "prefix_aware", pd_min_prompt_tokens: 200 } },
    async (house) => {
      const ask = (turns: string) => `{"model":"m","prompt":"${"so far ".repeat(300)}${turns}","max_tokens":2}`;
      expect((await house.send(ask("one"), { id: "first" })).headers["x-pdctl-alone"]).toBeUndefined();
      const second = await house.send(ask("one two"), { id: "second", alone: true });
      expect(second.headers["x-pdctl-alone"]).toBe("short_prompt");
      const longer = await house.send(ask("one two ".repeat(200)), { id: "third" });
      expect(longer.headers["x-pdctl-alone"]).toBeUndefined();
      expect(house.d.map(({ ids }) => ids).filter((ids) => ids.length > 0)).toEqual([["first", "second", "third"]]);
    },
  ));
