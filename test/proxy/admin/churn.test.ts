import { expect, it } from "vitest";
import type { FakeEngine } from "../fake/engine.ts";
import { Random } from "../fuzz/random.ts";
import { type House, inHouse } from "../house.ts";
import { inOrder, instances, load, tell, until } from "./office.ts";

const STEPS = 30;

it.each([1, 2])(
  "engines that come and leave in any order while requests run cost not one of them (seed %i)",
  (seed) =>
    inHouse({ dialect: "nixl", prefill: 3, decode: 3 }, async (house) => {
      const random = new Random(seed, 0);
      const wanted = new Set(house.cluster.engines);
      const { stop, statuses } = load(house);
      for (let step = 0; step < STEPS; step++) {
        flip(wanted, random.pick(inOrder(house.cluster.engines)));
        if (random.chance(0.4)) await reload(house, wanted);
        else await oneByOne(house, wanted);
        const goal = statuses.length + random.int(0, 6);
        await until(() => statuses.length >= goal);
      }
      await stop();
      expect(new Set(statuses)).toEqual(new Set([200]));
      const names = (list: readonly { role: string; url: string }[]) =>
        list.map(({ role, url }) => `${role} ${url}`).sort();
      await until(async () => (await instances(house)).length === wanted.size);
      expect(names(await instances(house))).toEqual(names([...wanted]));
      const rows = (await house.get("/metrics")).text.split("\n").map((row) => row.replace(/ \S+$/, ""));
      expect(rows.filter((row, at) => rows.indexOf(row) !== at && row.includes("target="))).toEqual([]);
      const known = (await house.metric("pdctl_proxy_instance_up")).length;
      expect(known).toBe(wanted.size);
    }),
  60_000,
);

/** In or out, but never the last of its role. */
function flip(wanted: Set<FakeEngine>, engine: FakeEngine): void {
  if (!wanted.has(engine)) wanted.add(engine);
  else if ([...wanted].filter(({ role }) => role === engine.role).length > 1) wanted.delete(engine);
}

async function reload(house: House, wanted: ReadonlySet<FakeEngine>): Promise<void> {
  const targets = [...wanted].map(({ role, url }) => ({ role, url, slots: 1 }));
  house.config = { ...house.config, targets };
  expect((await tell(house, "POST", "/admin/reload")).status).toBe(200);
}

/** What is wanted and not there, or leaves, is added; what serves and is not wanted is drained. */
async function oneByOne(house: House, wanted: ReadonlySet<FakeEngine>): Promise<void> {
  const there = await instances(house);
  const serves = ({ role, url }: FakeEngine) =>
    there.some((row) => row.role === role && row.url === url && row.presence === "serves");
  for (const engine of house.cluster.engines) {
    const { role, url } = engine;
    if (wanted.has(engine) && !serves(engine))
      expect((await tell(house, "POST", "/admin/instances", { role, url })).status).toBe(201);
    else if (!wanted.has(engine) && serves(engine))
      expect((await tell(house, "POST", "/admin/instances/drain", { role, url })).status).toBe(202);
  }
}
