import { expect } from "vitest";
import type { Fault } from "../fake/faults.ts";
import type { Case } from "../family-contract.ts";

const SHORT = '{ "model":"m", "prompt":"one two three" , "max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';
const refuses = (status: number, headers = {}): Fault => ({
  kind: "status",
  status,
  body: '{"error":"busy"}',
  headers,
});
/** No probe finds out first. */
const ONE_PROBE = { upMs: 60_000, otherMs: 10, answerMs: 1_000 };

/** What is tried again, where, under which id and how often. Source: proxy-protocols.md §3.6. */
export const retries: Readonly<Record<string, Case>> = {
  "a prefill that is busy or closes the connection gives way to another, under a new id": (inOne) =>
    inOne({ prefill: 2 }, async (house) => {
      const faults: readonly Fault[] = [...[429, 502, 503, 504].map((status) => refuses(status)), { kind: "reset" }];
      for (const [index, fault] of faults.entries()) {
        house.p[0]?.faults.push(fault); // its turn: the try before ended at the other
        expect(await house.send(SHORT, { id: `x${index}` })).toMatchObject({ status: 200 });
      }
      const ids = faults.map((_, index) => `x${index}`);
      expect(house.p[0]?.ids).toEqual(ids);
      expect(house.p[1]?.ids).toEqual(ids.map((id) => `${id}-r1`));
      expect(house.d[0]?.ids).toEqual(ids.map((id) => `${id}-r1`)); // both legs of an attempt carry one id
      expect((await house.metric("pdctl_proxy_retries_total")).map((row) => row.split(" ")[1])).toEqual(
        faults.map(() => "1"),
      );
    }),

  "prefill's 500 goes round to no other engine: the prompt may be what kills it": (inOne) =>
    inOne({ prefill: 2 }, async (house) => {
      house.p[0]?.faults.push(refuses(500));
      expect(await house.send(SHORT)).toMatchObject({ status: 500, text: '{"error":"busy"}' });
      expect(house.p[1]?.ids).toEqual([]);
    }),

  "the only prefill is asked again when it says that it will be soon, and else its words are the client's": (inOne) =>
    inOne({}, async (house) => {
      house.p[0]?.faults.push(refuses(503, { "retry-after": "0" }));
      expect((await house.send(SHORT)).status).toBe(200);
      for (const headers of [{ "retry-after": "7" }, {}]) {
        house.p[0]?.faults.push(refuses(503, headers));
        expect(await house.send(SHORT)).toMatchObject({ status: 503, text: '{"error":"busy"}', headers });
      }
      expect(house.p[0]?.ids).toHaveLength(4);
    }),

  "the only prefill is asked once more, under a new id, when its connection ends before the head": (inOne) =>
    inOne({}, async (house) => {
      house.p[0]?.faults.push({ kind: "reset" });
      expect(await house.send(SHORT, { id: "o" })).toMatchObject({ status: 200, whole: true });
      expect(house.p[0]?.ids).toEqual(["o", "o-r1"]);
      expect(await house.metric("pdctl_proxy_retries_total")).toEqual([
        expect.stringMatching(/\{role="prefill",reason="(silent|idle_closed)"\} 1$/),
      ]);
      house.p[0]?.faults.push({ kind: "reset" }, { kind: "reset" });
      expect(await house.send(SHORT)).toMatchObject({ status: 502, headers: { "x-pdctl-error": "target.broke" } });
      expect(house.p[0]?.ids).toHaveLength(4); // a prompt that kills engines kills it twice at most
    }),

  "a client waits for three prefills at most": (inOne) =>
    inOne({ prefill: 4 }, async (house) => {
      for (const { faults } of house.p) faults.push(refuses(503));
      expect(await house.send(SHORT)).toMatchObject({ status: 503, text: '{"error":"busy"}' });
      expect(house.p.filter(({ ids }) => ids.length > 0)).toHaveLength(3);
    }),

  "a decode that fails before its first byte gets the request again, prefilled anew, at another if there is one": (
    inOne,
  ) =>
    inOne({ decode: 2 }, async (house) => {
      const faults: readonly Fault[] = [
        ...[500, 502, 503, 504].map((status) => refuses(status)),
        ...([{ kind: "reset" }, { kind: "error-event" }, { kind: "break", after: 0 }] as const),
      ];
      for (const [index, fault] of faults.entries()) {
        const raw = withFault(fault.kind === "status" ? SHORT : STREAM, fault);
        const before = house.d.map(({ ids }) => ids.length);
        const answer = await house.send(raw, { id: `y${index}` });
        expect(answer, fault.kind).toMatchObject({ status: 200, whole: true });
        expect(answer.text).not.toContain("error");
        expect(house.d.map(({ ids }, at) => ids.length - (before[at] ?? 0))).toEqual([1, 1]);
        expect(house.p[0]?.ids.slice(-2)).toEqual([`y${index}`, `y${index}-r1`]);
      }
      house.cluster.registry.expire(); // tickets that no decode had looked at
    }),

  "a decode that fails twice is the client's to know, in its own words": (inOne) =>
    inOne({}, async (house) => {
      for (const fault of [refuses(503, { "retry-after": "3" }), { kind: "error-event" }] as const) {
        house.d[0]?.faults.push(fault, fault);
        const answer = await house.send(STREAM);
        const wanted = fault.kind === "status" ? { status: 503, headers: fault.headers } : { status: 200 };
        expect(answer).toMatchObject({ ...wanted, whole: true });
        expect(answer.text).toContain(fault.kind === "status" ? "busy" : "Internal server error");
      }
      expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([4, 4]);
    }),

  "an error that is the client's own is final also as the first event": (inOne) =>
    inOne({}, async (house) => {
      house.d[0]?.faults.push({ kind: "error-event", code: 400 });
      expect((await house.send(STREAM)).text).toContain('"code": 400');
      expect(house.d[0]?.ids).toHaveLength(1);
    }),

  "after the first byte nothing is tried again": (inOne) =>
    inOne({ decode: 2 }, async (house) => {
      for (const { faults } of house.d) faults.push({ kind: "break", after: 1 });
      expect((await house.send(STREAM)).whole).toBe(false);
      expect(house.p[0]?.ids).toHaveLength(1);
    }),

  "prefill that does not answer in time is let go, and another one tried once": (inOne) =>
    inOne({ prefill: 3, config: { prefill_timeout_seconds: 0.2 } }, async (house) => {
      const [first] = house.p;
      first?.faults.push({ kind: "hang" });
      const aborted = first?.next("aborted");
      expect((await house.send(SHORT, { id: "t" })).status).toBe(200);
      await aborted;
      expect(house.p.flatMap(({ ids }) => ids)).toEqual(["t", "t-r1"]);
      for (const { faults } of house.p) faults.push({ kind: "hang" });
      expect(await house.send(SHORT)).toMatchObject({ status: 504, headers: { "x-pdctl-error": "target.slow" } });
      expect(house.p.filter(({ faults }) => faults.length > 0)).toHaveLength(1);
    }),

  "retries end when a tenth of the requests were retries, beside three per second": (inOne) =>
    inOne({ prefill: 2, now: () => 0, probeTimes: ONE_PROBE }, async (house) => {
      const statuses = new Map<number, number>();
      for (let request = 0; request < 40; request++) {
        for (const { faults } of house.p) faults.splice(0, 1, refuses(503)); // whoever is asked first
        const asked = house.next("prefill");
        const answer = house.send(SHORT);
        const first = await asked;
        for (const { faults } of house.p.filter((each) => each !== first)) faults.length = 0;
        const { status } = await answer;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      expect([statuses.get(200), statuses.get(503)]).toEqual([34, 6]); // 30 + a tenth of 40
    }),
};

/** The fault strikes the request's first try alone: engines take it up once per id. */
const withFault = (raw: string, fault: Fault) =>
  raw.replace("{", `{"x_fault_decode":${JSON.stringify({ ...fault, first: true })},`);
