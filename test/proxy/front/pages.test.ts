import { once } from "node:events";
import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { until } from "../admin/office.ts";
import { started } from "../health/started.ts";
import { inHouse } from "../house.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

it("the pages that scripts wait for are there: the toy proxy's, with Ascend's count, and one that only says that it lives", () =>
  inHouse({ dialect: "nixl", prefill: 2, decode: 1 }, async (house) => {
    expect(JSON.parse((await house.get("/healthcheck")).text)).toEqual({
      status: "ok",
      prefill_instances: 2,
      decode_instances: 1,
      request_num: 0,
    });
    for (const engine of house.cluster.engines) engine.health = 503;
    await until(async () => (await house.get("/health")).status === 503);
    for (const path of ["/livez", "/healthcheck", "/metrics"]) expect((await house.get(path)).status).toBe(200);
  }));

it.skipIf(!hasIpv6).each([
  ["::1", ["::1"]],
  ["::", ["::1", "127.0.0.1"]],
])("bound to %s it answers at %j (skipped without IPv6)", (bind, hosts) =>
  started({ prefill: ["m"], decode: ["m"], config: { bind } }, async ({ port }) => {
    for (const host of hosts) {
      const [res] = await once(request({ port, host, path: "/livez", agent: false }).end(), "response");
      expect(res.statusCode).toBe(200);
      await once(res.resume(), "end");
    }
  }),
);
