import { once } from "node:events";
import { expect } from "vitest";
import type { Case } from "../family-contract.ts";
import type { House } from "../house.ts";

const SHORT = '{ "model":"m", "prompt":"one two three" , "max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';

/** What clients and engines see when one of them breaks off. */
export const breaks: Readonly<Record<string, Case>> = {
  "an engine that dies under a request is a 502, and not a poison that goes round": (inOne) =>
    inOne({ prefill: 4, decode: 4 }, async (house) => {
      for (const engines of [house.p, house.d]) {
        for (const { faults } of engines) faults.push({ kind: "reset" });
        const answer = await house.send(SHORT);
        expect(answer).toMatchObject({ status: 502, whole: true, headers: { "x-pdctl-error": "target.broke" } });
        const struck = engines.filter(({ faults }) => faults.length === 0);
        expect(struck).toHaveLength(2);
        for (const { faults } of engines) faults.length = 0;
      }
      house.cluster.registry.expire(); // what decode did not read
    }),

  "prefill that breaks off in its answer is a 502, and decode never hears of it": (inOne) =>
    inOne({}, async (house) => {
      house.p[0]?.faults.push({ kind: "break", after: 0 });
      expect(await house.send(SHORT)).toMatchObject({ status: 502, headers: { "x-pdctl-error": "target.broke" } });
      expect(house.d[0]?.ids).toEqual([]);
    }),

  "an engine's own error is the client's, with its status, also where a stream was asked for": (inOne) =>
    inOne({}, async (house) => {
      const body = '{"error":{"message":"no",  "code":422}}';
      for (const [engine, tries] of [
        [house.p[0], 1],
        [house.d[0], 2],
      ] as const)
        for (const status of [422, 500, 503]) {
          for (let left = status < 500 ? 1 : tries; left > 0; left--)
            engine?.faults.push({ kind: "status", status, body });
          const answer = await house.send(STREAM);
          expect(answer).toMatchObject({
            status,
            text: body,
            whole: true,
            headers: { "content-type": "application/json" },
          });
        }
      expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([8, 5]);
    }),

  "a client that leaves during prefill frees it at once, and decode never hears of it": (inOne) =>
    inOne({}, async (house) => {
      house.p[0]?.faults.push({ kind: "hang" });
      await leaveAt(house, { at: "prefill", raw: SHORT });
      expect(house.d[0]?.ids).toEqual([]);
      expect(await house.metric("pdctl_proxy_aborts_total")).toEqual(['pdctl_proxy_aborts_total{stage="prefill"} 1']);
    }),

  "a client that leaves before the first token, of a stream or not, frees decode at once": (inOne) =>
    inOne({}, async (house) => {
      house.d[0]?.faults.push({ kind: "hang" }, { kind: "silent-stream" });
      await leaveAt(house, { at: "decode", raw: SHORT });
      await leaveAt(house, { at: "decode", raw: STREAM });
      expect(await house.metric("pdctl_proxy_aborts_total")).toEqual([
        'pdctl_proxy_aborts_total{stage="decode_wait"} 2',
      ]);
    }),

  "a client that leaves in the middle of a stream frees decode at once, also while decode is silent": (inOne) =>
    inOne({}, async (house) => {
      house.d[0]?.faults.push({
        kind: "paced",
        before: (event) => (event < 2 ? Promise.resolve() : new Promise(() => undefined)),
      });
      const open = house.open(STREAM);
      await once(await open.head, "data");
      expect(await house.busy()).toEqual({ prefill: 0, decode: 1 }); // prefill is free for others since it answered
      await freed(house, "decode", () => open.leave());
      expect(await house.metric("pdctl_proxy_aborted_legs_total")).toHaveLength(1);
    }),

  "a stream that breaks ends with an error event and is not whole": (inOne) =>
    inOne({}, async (house) => {
      house.d[0]?.faults.push({ kind: "break", after: 3 });
      const { status, text, whole } = await house.send(STREAM);
      expect([status, whole]).toEqual([200, false]);
      expect(text).not.toContain("[DONE]");
      const last = text.trim().split("\n\n").at(-1) ?? "";
      expect(JSON.parse(last.replace("data: ", "")).error).toMatchObject({ code: 502, type: "upstream_error" });
      expect(house.log.filter((line) => line.includes("failed target.broke"))).toHaveLength(1);
    }),

  "an answer that breaks before anything was handed on is a 502": (inOne) =>
    inOne({}, async (house) => {
      for (const raw of [SHORT, STREAM]) {
        house.d[0]?.faults.push({ kind: "break", after: 0 });
        if (raw === STREAM) house.d[0]?.faults.push({ kind: "break", after: 0 }); // it gets a second try
        const answer = await house.send(raw);
        expect(answer).toMatchObject({ status: 502, whole: true, headers: { "x-pdctl-error": "target.broke" } });
      }
    }),

  "a slow client holds decode back instead of filling the proxy": (inOne) =>
    inOne({}, async (house) => {
      const before = process.memoryUsage();
      house.d[0]?.faults.push({ kind: "flood", bytes: 200 * 1024 * 1024 });
      const open = house.open(STREAM);
      const res = await open.head;
      res.pause();
      const sent = await standsStill(() => house.metric("pdctl_proxy_relayed_bytes_total"));
      expect(sent).toBeLessThan(32 * 1024 * 1024);
      expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 1024 * 1024);
      await freed(house, "decode", () => open.leave());
    }),
};

const FREED_MS = 1_000; // it takes 2 to 5 ms; on a busy machine more, and the mistake that this would find takes for ever

/** The client leaves as soon as the leg has arrived. */
async function leaveAt(house: House, { at, raw }: { at: "prefill" | "decode"; raw: string }): Promise<void> {
  const arrived = house.cluster.role(at)[0]?.next("arrival");
  const open = house.open(raw);
  await arrived;
  await freed(house, at, () => open.leave());
}

async function freed(house: House, role: "prefill" | "decode", leave: () => void): Promise<void> {
  const aborted = house.cluster.role(role)[0]?.next("aborted");
  const left = performance.now();
  leave();
  await aborted;
  expect(performance.now() - left).toBeLessThan(FREED_MS);
}

/** Reads a counter until many round trips have not moved it. */
async function standsStill(read: () => Promise<readonly string[]>): Promise<number> {
  let [last, same] = [-1, 0];
  while (same < 50) {
    const [row = " 0"] = await read();
    const now = Number(row.split(" ").at(-1));
    same = now === last && now > 0 ? same + 1 : 0;
    last = now;
  }
  return last;
}
