import { once } from "node:events";
import { expect } from "vitest";
import type { Fault } from "../fake/faults.ts";
import { speeches } from "../fake/speech/index.ts";
import type { Case } from "../family-contract.ts";
import type { House } from "../house.ts";

const SHORT = '{ "model":"m", "prompt":"one two three" , "max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';
/** No probe finds out first. */
const ONE_PROBE = { upMs: 60_000, otherMs: 10, answerMs: 1_000 };
const refuses = (status: number): Fault => ({ kind: "status", status, body: '{"error":"words of its own"}' });
const forEver = { kind: "paced", before: () => new Promise(() => undefined) } as const;

/** What legs promise that run at once: how each ends with the other, and what is never cut off. Source: proxy-protocols.md §3.5, §2.6 C4 to C6. */
export const together: Readonly<Record<string, Case>> = {
  "prefill that is busy or closes the connection takes decode with it, and both go again under a new id": (inOne) =>
    inOne({ prefill: 2 }, async (house) => {
      const faults: readonly Fault[] = [429, 502, 503, 504].map(refuses);
      for (const [index, fault] of [...faults, { kind: "reset" } as const].entries()) {
        house.p[0]?.faults.push(fault);
        const lost = house.d[0]?.next("aborted");
        expect(await house.send(SHORT, { id: `x${index}` })).toMatchObject({ status: 200 });
        await lost;
      }
      const ids = [0, 1, 2, 3, 4].map((index) => `x${index}`);
      expect(house.p.map((engine) => engine.ids)).toEqual([ids, ids.map((id) => `${id}-r1`)]);
      expect(house.d[0]?.ids).toEqual(ids.flatMap((id) => [id, `${id}-r1`]));
    }),

  "prefill's refusal, or a failure that nothing mends, is the client's, and ends decode's request": (inOne) =>
    inOne({}, async (house) => {
      for (const status of [422, 500, 503]) {
        house.p[0]?.faults.push(refuses(status));
        const lost = house.d[0]?.next("aborted");
        for (const raw of [SHORT, STREAM].slice(0, 1))
          expect(await house.send(raw)).toMatchObject({ status, text: '{"error":"words of its own"}', whole: true });
        await lost;
      }
      expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([3, 3]);
    }),

  "decode's refusal is the client's, and prefill is let go of what nobody will take": (inOne) =>
    inOne({}, async (house) => {
      house.p[0]?.faults.push(forEver);
      house.d[0]?.faults.push(refuses(422));
      expect(await house.send(STREAM)).toMatchObject({ status: 422, text: '{"error":"words of its own"}' });
      await house.quiet();
      expect(house.cluster.registry.handles.every(({ state }) => state === "aborted")).toBe(true);
    }),

  "prefill may answer long after decode has begun: the client does not wait for it, and its place is held till then": (
    inOne,
  ) =>
    inOne({}, async (house) => {
      const { go, may } = gate();
      house.p[0]?.faults.push({ kind: "late-body", rest: () => may });
      expect(await house.send(STREAM)).toMatchObject({ status: 200, whole: true });
      expect(await house.busy()).toEqual({ prefill: 1, decode: 0 });
      go();
      await house.quiet();
    }),

  "decode may begin long after prefill has answered": (inOne) =>
    inOne({}, async (house) => {
      const { go, may } = gate();
      house.d[0]?.faults.push({ kind: "paced", before: () => may });
      const answer = house.send(SHORT);
      await until(async () => (await house.busy()).prefill === 0 && house.p[0]?.ids.length === 1);
      expect(await house.busy()).toEqual({ prefill: 0, decode: 1 });
      go();
      expect((await answer).status).toBe(200);
      const timing = (await answer).headers["server-timing"];
      expect(timing).toMatch(/^prefill;dur=\d+\.\d$/);
    }),

  "a client that leaves while both compute frees decode at once; prefill too, unless it may be writing": (
    inOne,
    dialect,
  ) =>
    inOne({}, async (house) => {
      const { go, may } = gate();
      house.p[0]?.faults.push({ kind: "paced", before: () => may });
      const [arrived, lost] = [house.p[0]?.next("arrival"), house.d[0]?.next("aborted")];
      const open = house.open(STREAM);
      await arrived;
      open.leave();
      await lost;
      if (writesEarly(dialect)) {
        for (let roundTrip = 0; roundTrip < 5; roundTrip++) await house.busy();
        expect(await house.busy()).toEqual({ prefill: 1, decode: 0 });
        go();
        await house.quiet();
        expect(states(house)).toEqual(["released"]);
      } else {
        await house.quiet();
        expect(states(house)).toEqual(["aborted"]);
      }
      expect(await house.metric("pdctl_proxy_aborts_total")).toEqual(['pdctl_proxy_aborts_total{stage="prefill"} 1']);
    }),

  "a client that leaves in the middle of a stream cuts off decode, and nothing that prefill is at": (inOne) =>
    inOne({}, async (house) => {
      const { go, may } = gate();
      house.p[0]?.faults.push({ kind: "late-body", rest: () => may });
      house.d[0]?.faults.push({
        kind: "paced",
        before: (event) => (event < 2 ? Promise.resolve() : new Promise(() => {})),
      });
      const lost = house.d[0]?.next("aborted");
      const open = house.open(STREAM);
      await once(await open.head, "data");
      open.leave();
      await lost;
      expect(await house.busy()).toEqual({ prefill: 1, decode: 0 });
      go();
      await house.quiet();
    }),

  "prefill that breaks off in its answer is a 502 while decode has said nothing, and ends its request": (inOne) =>
    inOne({}, async (house) => {
      house.p[0]?.faults.push({ kind: "break", after: 0 });
      house.d[0]?.faults.push(forEver);
      const lost = house.d[0]?.next("aborted");
      expect(await house.send(SHORT)).toMatchObject({ status: 502, headers: { "x-pdctl-error": "target.broke" } });
      await lost;
    }),

  "a decode that cannot be reached gives way to another": (inOne, dialect) =>
    inOne({ decode: 2, probeTimes: ONE_PROBE }, async (house) => {
      await house.d[0]?.stop();
      expect((await house.send(SHORT, { id: "a" })).status).toBe(200);
      const again = dialect === "moriio-write"; // prefill was told where the first one is
      expect(house.p[0]?.ids).toEqual(again ? ["a", "a-r1"] : ["a"]);
      expect(house.d[1]?.ids).toEqual([again ? "a-r1" : "a"]);
      house.cluster.registry.expire(); // what prefill had finished for the decode that is not there
    }),

  "a prefill that cannot be reached gives way to another": (inOne) =>
    inOne({ prefill: 2, probeTimes: ONE_PROBE }, async (house) => {
      await house.p[0]?.stop();
      expect((await house.send(SHORT, { id: "a" })).status).toBe(200);
      expect(house.p[1]?.ids).toEqual(["a-r1"]);
      expect(house.d[0]?.ids).toEqual(["a", "a-r1"]);
    }),

  "the id of a request that is over may come again, and is another transfer": (inOne) =>
    inOne({}, async (house) => {
      for (const raw of [SHORT, SHORT.replace("one", "two"), STREAM]) {
        expect((await house.send(raw, { id: "mine" })).status).toBe(200);
        await house.quiet();
      }
      expect(house.d[0]?.ids).toEqual(["mine", "mine", "mine"]);
    }),

  "a tool call that prefill refuses for its one token goes to decode alone": (inOne) =>
    inOne({}, async (house) => {
      house.p[0]?.faults.push(refuses(400));
      const raw = '{"model":"m","messages":[{"role":"user","content":"a"}],"tool_choice":"required"}';
      const answer = await house.send(raw, { path: "/v1/chat/completions", alone: "after-both" });
      expect(answer).toMatchObject({ status: 200, headers: { "x-pdctl-alone": "forced_tool" } });
    }),
};

const writesEarly = (dialect: keyof typeof speeches) => {
  const speech = speeches[dialect];
  return "sends" in speech && speech.sends.writes === "during";
};
const states = ({ cluster }: House) => cluster.registry.handles.map(({ state }) => state);

function gate() {
  let go = () => {};
  const may = new Promise<void>((resolve) => {
    go = resolve;
  });
  return { go: () => go(), may };
}

/** Each look is a round trip. */
async function until(look: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await look()); )
    if (performance.now() > deadline) throw new Error("it does not come about");
}
