import { expect } from "vitest";
import { inOrder, instances, load, openStream, tell, until } from "../admin/office.ts";
import type { Case } from "../family-contract.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

/** Engines that come and leave while others work. */
export const membership: Readonly<Record<string, Case>> = {
  "a decode that leaves gets nothing new, ends what it has, and goes when its own last stream ends, however busy others are":
    (inOne) =>
      inOne({ decode: 2 }, async (house) => {
        const [leaving] = inOrder(house.d);
        const [staying] = inOrder(house.d.slice(1));
        const streams = [await openStream(house), await openStream(house)];
        const { role, url } = leaving;
        const answer = await tell(house, "POST", "/admin/instances/drain", { role, url });
        expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
          202,
          { presence: "leaves", in_flight: 1, idle: false },
        ]);
        expect(JSON.parse((await house.get("/health")).text)).toMatchObject({
          status: "ready",
          decode: { up: 1, of: 1 },
          leaving: [{ role, url }],
        });
        expect(await house.metric("pdctl_proxy_instance_leaving")).toContain(
          `pdctl_proxy_instance_leaving{role="decode",target="${url}"} 1`,
        );
        const before = [leaving.ids.length, staying.ids.length] as const;
        for (let request = 0; request < 4; request++) expect((await house.send(SHORT)).status).toBe(200);
        expect([leaving.ids.length, staying.ids.length]).toEqual([before[0], before[1] + 4]);
        const mine = streams.find((one) => one.decode === `${url}#0`);
        expect(await mine?.finish()).toBe(true);
        await until(async () => !(await instances(house)).some((row) => row.url === url));
        expect((await house.busy()).decode).toBe(1); // the other stream goes on
        expect((await house.metric("pdctl_proxy_instance_")).filter((row) => row.includes(url))).toEqual([]);
        for (const one of streams) if (one !== mine) expect(await one.finish()).toBe(true);
        expect(house.log.join("")).toContain(`decode ${url} is gone: it has ended what it had`);
      }),

  "a prefill that leaves ends what it computes, and goes; with the next reload of the same config it is there again": (
    inOne,
  ) =>
    inOne({ prefill: 2 }, async (house) => {
      let go: () => void = () => undefined;
      const may = new Promise<void>((resolve) => {
        go = resolve;
      });
      for (const engine of house.p) engine.faults.push({ kind: "paced", before: () => may });
      const arrived = house.next("prefill");
      const asked = house.send(SHORT);
      const { role, url } = await arrived;
      for (const engine of house.p) engine.faults.length = 0;
      await tell(house, "POST", "/admin/instances/drain", { role, url });
      const [other] = inOrder(house.p.filter((engine) => engine.url !== url));
      for (let request = 1; request <= 3; request++) {
        expect((await house.send(SHORT)).status).toBe(200);
        expect(other.ids).toHaveLength(request);
      }
      expect((await instances(house)).find((row) => row.url === url)).toMatchObject({ presence: "leaves" });
      go();
      expect((await asked).status).toBe(200);
      await until(async () => !(await instances(house)).some((row) => row.url === url));
      expect(JSON.parse((await tell(house, "POST", "/admin/reload")).text)).toMatchObject({
        added: [{ role, url }],
        kept: 2,
      });
      await until(async () => (await instances(house)).every(({ state }) => state === "up"));
      for (let request = 0; request < 4; request++) expect((await house.send(SHORT)).status).toBe(200);
      expect(other.ids.length).toBeLessThan(7);
    }),

  "engines that come and leave while requests run cost none of them": (inOne) =>
    inOne({ prefill: 2, decode: 2 }, async (house) => {
      const { config } = house;
      const { stop, statuses } = load(house);
      for (const { url } of config.targets) {
        house.config = { ...config, targets: config.targets.filter((target) => target.url !== url) };
        expect((await tell(house, "POST", "/admin/reload")).status).toBe(200);
        await until(async () => (await instances(house)).length === 3);
        house.config = config;
        expect((await tell(house, "POST", "/admin/reload")).status).toBe(200);
        const goal = statuses.length + 4;
        await until(() => statuses.length >= goal);
      }
      await stop();
      expect(new Set(statuses)).toEqual(new Set([200]));
    }),
};
