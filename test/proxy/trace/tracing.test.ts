import { expect, it } from "vitest";
import { type House, inHouse, type Plan } from "../house.ts";
import { attribute, Collector, type Seen } from "./collector.ts";

const BODY = '{"model":"m","prompt":"do not tell","max_tokens":3}';
const CLIENT = { trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331" };
const traceparent = `00-${CLIENT.trace}-${CLIENT.span}-01`;

const PLANS = [{}, { config: { upstream: "undici" } }] as const;

async function traced(plan: Omit<Plan, "dialect">, test: (house: House, collector: Collector) => Promise<void>) {
  await using collector = await Collector.open();
  await inHouse(
    { dialect: "nixl", ...plan, config: { trace_endpoint: collector.url, ...plan.config } },
    async (house) => {
      house.cluster.isTraced = true;
      await test(house, collector);
    },
  );
}
const named = (spans: readonly Seen[], name: string) => spans.filter((span) => span.name === name);

it.each(PLANS)(
  "a request is one span under its client's, its legs are spans under that, and engines see those as their parents (%o)",
  (plan) =>
    traced(plan, async (house, collector) => {
      const parents: (string | string[] | undefined)[] = [];
      for (const engine of house.cluster.engines)
        engine.events.on("arrival", ({ req }) => parents.push(req.headers.traceparent));
      await house.send(BODY, { id: "one", headers: { traceparent, tracestate: "v=1" } });
      await house.close(1_000); // what is left is sent before the proxy ends
      const [request, ...more] = named(collector.spans, "POST /v1/completions");
      const legs = ["prefill", "decode"].map((role) => named(collector.spans, role)[0]);
      expect([collector.spans.length, more]).toEqual([3, []]);
      expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([CLIENT.trace]));
      expect(request).toMatchObject({ parentSpanId: CLIENT.span, kind: 2 });
      expect(legs.map((leg) => [leg?.parentSpanId, leg?.kind])).toEqual([
        [request?.spanId, 3],
        [request?.spanId, 3],
      ]);
      expect(parents).toEqual(legs.map((leg) => `00-${CLIENT.trace}-${leg?.spanId}-01`));
      for (const span of collector.spans)
        expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
      expect(collector.spans.map((span) => attribute(span, "http.response.status_code"))).toEqual([
        "200",
        "200",
        "200",
      ]);
      expect(request && attribute(request, "pdctl.request")).toBe("one");
      expect(legs.map((leg) => leg && attribute(leg, "pdctl.target"))).toEqual(
        house.cluster.engines.map(({ url }) => `${url}#0`),
      );
      expect(JSON.stringify(collector.spans)).not.toContain("do not tell");
      expect(collector.services).toEqual(["pdctl-proxy"]);
    }),
);

it("a leg that failed and the one in its place are two spans, and what the proxy itself ended says why", () =>
  traced({ prefill: 2 }, async (house, collector) => {
    house.p[0]?.faults.push({ kind: "reset" });
    await house.send(BODY, { headers: { traceparent } });
    house.p[1]?.faults.push({ kind: "ticket", text: "null" });
    house.p[0]?.faults.push({ kind: "ticket", text: "null" });
    await house.send(BODY, { headers: { traceparent } });
    await house.close(1_000);
    expect(named(collector.spans, "prefill").map(({ status }) => status?.code)).toEqual([2, undefined, undefined]);
    expect(named(collector.spans, "POST /v1/completions").map(({ status }) => status?.message)).toEqual([
      undefined,
      "kv.missing",
    ]);
  }));

it("a client that says its trace is not recorded is believed, and its header goes on as it is", () =>
  traced({}, async (house, collector) => {
    house.cluster.isTraced = false;
    await house.send(BODY, { headers: { traceparent: traceparent.replace(/01$/, "00") } });
    await house.close(1_000);
    expect(collector.spans).toEqual([]);
  }));

it.each([
  [0, 0],
  [1, 3],
])("trace_share %i: of requests without a trace so many spans are made", (trace_share, spans) =>
  traced({ config: { trace_share } }, async (house, collector) => {
    house.cluster.isTraced = trace_share === 1;
    await house.send(BODY);
    await house.close(1_000);
    expect(collector.spans).toHaveLength(spans);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(Math.min(spans, 1));
  }),
);

it("a collector that is ill costs its spans and no request, is said once, and gets what comes when it is well", () =>
  traced({}, async (house, collector) => {
    collector.status = 503;
    const failed = /^pdctl_proxy_spans_total\{result="failed"\} 3$/;
    expect((await house.send(BODY)).status).toBe(200);
    await house.shows(failed);
    expect((await house.send(BODY)).status).toBe(200);
    await house.shows(/^pdctl_proxy_spans_total\{result="failed"\} 6$/);
    expect(house.log.filter((line) => line.includes("spans do not reach"))).toHaveLength(1);
    collector.status = 200;
    await house.send(BODY);
    await collector.until(() => collector.spans.length === 3);
    await house.shows(/^pdctl_proxy_spans_total\{result="exported"\} 3$/);
  }));

it("OpenTelemetry's own variables name the collector, its key and the service", async () => {
  await using collector = await Collector.open();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b,x-other=1",
    OTEL_SERVICE_NAME: "front",
  };
  for (const more of [{}, { OTEL_TRACES_EXPORTER: "none" }])
    await inHouse({ dialect: "nixl", env: { ...env, ...more } }, async (house) => {
      house.cluster.isTraced = !("OTEL_TRACES_EXPORTER" in more);
      await house.send(BODY);
      await house.close(1_000);
    });
  expect([collector.spans.length, collector.services, collector.keys]).toEqual([3, ["front"], ["a b"]]);
});
