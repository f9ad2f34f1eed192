import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Fault } from "../fake/faults.ts";
import { type House, inHouse } from "../house.ts";

const BODY = '{"model":"m","prompt":"one two three","max_tokens":3}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":3,"stream":true}';
const busy: Fault = { kind: "status", status: 503, body: '{"error":"busy"}' };

/** The value of a row; undefined: it is not there. */
async function value(house: House, row: string): Promise<number | undefined> {
  const found = (await house.metric(row)).find((line) => line.startsWith(`${row} `));
  return found === undefined ? undefined : Number(found.slice(row.length));
}

it("a request is seen in the stage in which it stands, and in no other", () =>
  inHouse({ dialect: "nixl", config: { max_concurrent: 1 } }, async (house) => {
    const where = async () =>
      (await house.metric("pdctl_proxy_inflight_requests")).flatMap((row) => {
        const [, stage = "", count = ""] = /stage="(\w+)"\} (\d+)$/.exec(row) ?? [];
        return Array.from({ length: Number(count) }, () => stage);
      });
    const gate = () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      return { open, opened };
    };
    const [prefill, first, rest] = [gate(), gate(), gate()];
    house.p[0]?.faults.push({ kind: "paced", before: () => prefill.opened });
    house.d[0]?.faults.push({ kind: "paced", before: (event) => (event === 0 ? first.opened : rest.opened) });
    const arrived = house.next("prefill");
    const running = house.open(STREAM);
    await arrived;
    const waiting = house.send(BODY);
    await house.shows(/stage="queued"\} 1$/);
    expect((await where()).sort((a, b) => (a < b ? -1 : 1))).toEqual(["prefill", "queued"]);
    const atDecode = house.next("decode");
    prefill.open();
    await atDecode;
    expect(await where()).toContain("decode_wait");
    first.open();
    const answer = await running.head;
    await once(answer, "data");
    expect(await where()).toContain("decode");
    rest.open();
    answer.resume();
    expect((await waiting).status).toBe(200);
  }));

it("each leg is counted once, with its policy, its times and how it failed", () =>
  inHouse({ dialect: "nixl", prefill: 2, decode: 2, config: { prefill_timeout_seconds: 1 } }, async (house) => {
    const [p] = house.p;
    const [d, e] = house.d;
    p?.faults.push(busy);
    await house.send(BODY);
    p?.faults.push({ kind: "reset" });
    await house.send(BODY);
    p?.faults.push({ kind: "hang" });
    await house.send(BODY);
    for (const decode of [d, e]) decode?.faults.push({ kind: "error-event" });
    await house.send(STREAM);
    const errors = (role: string, url: string | undefined, reason: string) =>
      value(house, `pdctl_proxy_upstream_errors_total{role="${role}",target="${url}",reason="${reason}"}`);
    expect(await errors("prefill", p?.url, "http_5xx")).toBe(1);
    expect(await errors("prefill", p?.url, "reset")).toBe(1);
    expect(await errors("prefill", p?.url, "timeout")).toBe(1);
    expect(await errors("decode", d?.url, "bad_response")).toBe(1);
    expect(await errors("decode", e?.url, "bad_response")).toBe(1);
    const asked = house.cluster.engines.map(({ ids }) => ids.length);
    const picks = house.cluster.engines.map(({ role, url }) =>
      value(house, `pdctl_proxy_policy_decisions_total{policy="round_robin",role="${role}",target="${url}",rank="0"}`),
    );
    expect(await Promise.all(picks)).toEqual(asked);
    const handoffs = await value(house, "pdctl_proxy_handoff_duration_seconds_count");
    expect(handoffs).toBe((d?.ids.length ?? 0) + (e?.ids.length ?? 0));
    const prefilled = house.p.map(({ url }) =>
      value(house, `pdctl_proxy_prefill_duration_seconds_count{target="${url}"}`),
    );
    const refused = 1; // its answer was a 503, which is one too; the other two failures had none
    expect((await Promise.all(prefilled)).reduce<number>((sum, one) => sum + (one ?? 0), 0)).toBe(
      (handoffs ?? 0) + refused,
    );
    house.cluster.registry.expire();
  }));

it("what is not let in is counted by its reason, what the proxy ended by its fault", () =>
  inHouse({ dialect: "nixl", config: { max_concurrent: 1, queue_size: 0 } }, async (house) => {
    house.p[0]?.faults.push({ kind: "ticket", text: "null" });
    await house.send(BODY);
    const open = house.open(STREAM);
    house.d[0]?.faults.push({
      kind: "paced",
      before: (event) => (event < 1 ? Promise.resolve() : new Promise(() => {})),
    });
    await once(await open.head, "data");
    await house.ask({ body: BODY, headers: { "content-type": "application/json" } });
    open.leave();
    await house.shows(/^pdctl_proxy_aborts_total\{stage="decode"\} 1$/);
    await house.ask({ body: "[]" });
    expect(await house.metric("pdctl_proxy_failures_total")).toEqual([
      'pdctl_proxy_failures_total{fault="kv.missing"} 1',
    ]);
    expect(await house.metric("pdctl_proxy_rejected_total")).toEqual([
      'pdctl_proxy_rejected_total{reason="queue_full"} 1',
      'pdctl_proxy_rejected_total{reason="invalid"} 1',
    ]);
  }));

describe("for the dashboards of vllm-router", () => {
  it("its names are there beside pdctl's own, and say the same", () =>
    inHouse({ dialect: "nixl", prefill: 2, config: { metrics_compat: "vllm-router" } }, async (house) => {
      const [p, q] = house.p;
      p?.faults.push(busy);
      await house.send(BODY);
      await house.send(BODY);
      p?.faults.push({ kind: "ticket", text: "null" });
      q?.faults.push({ kind: "ticket", text: "null" });
      await house.send(BODY);
      const rows = (await house.get("/metrics")).text.split("\n");
      for (const row of [
        'vllm_router_pd_requests_total{route="/v1/completions"} 3',
        `vllm_router_pd_decode_requests_total{worker="${house.d[0]?.url}"} 2`,
        `vllm_router_pd_prefill_errors_total{worker="${p?.url}"} 1`,
        'vllm_router_pd_errors_total{error_type="kv.missing"} 1',
        'vllm_router_pd_request_duration_seconds_count{route="/v1/completions"} 3',
        'vllm_router_pd_request_duration_seconds_bucket{route="/v1/completions",le="+Inf"} 3',
      ])
        expect(rows).toContain(row);
      const asked = house.p.map(({ url }) => {
        const row = `vllm_router_pd_prefill_requests_total{worker="${url}"} `;
        return Number(rows.find((each) => each.startsWith(row))?.slice(row.length) ?? 0);
      });
      expect(asked).toEqual([p?.ids.length, q?.ids.length]);
      const types = rows.filter((row) => row.startsWith("# TYPE")).map((row) => row.split(" ")[2]);
      expect(new Set(types).size).toBe(types.length);
    }));

  it("without the word they are not", () =>
    inHouse({ dialect: "nixl" }, async (house) => {
      await house.send(BODY);
      expect((await house.get("/metrics")).text).not.toContain("vllm_router_");
    }));
});

it("a process that was held up shows by how long", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const held = /^pdctl_proxy_event_loop_lag_seconds_count (?!0$)/;
    await house.shows(held);
    for (const until = performance.now() + 400; performance.now() < until; );
    await house.shows(/^pdctl_proxy_event_loop_lag_seconds_sum (0\.[2-9]|[1-9])/);
  }));
