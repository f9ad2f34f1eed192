import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Dialect } from "./fake/cluster.ts";
import { type House, inHouse, type Plan } from "./house.ts";

const SHORT = '{ "model":"m", "prompt":"one two three" , "max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';
/** Every field that the prefill leg changes, in an unusual spelling, and many that it must not. */
const CHAT = `{
  "model": "m", "messages": [{"role":"user","content":"<b>&\\u00fc😀 { \\"stream\\": 1 }"}],
  "stream" :true,"stream_options": {"include_usage":true}, "max_tokens":50,"max_completion_tokens": 6,"min_tokens":5,
  "n":1,"logprobs":true,"top_logprobs":3,"temperature":0.10,"seed":9007199254740993,"stop":["\\n"],"stop_token_ids":[7],
  "tools":[{"type":"function"}],"tool_choice":"auto","response_format":{"type":"text"},"vendor_unknown":{"deep":[1,2.0,null]}
}`;

/** No probe comes between the requests, so that a connection that was used is the one that is used again. */
const ONE_PROBE = { upMs: 60_000, otherMs: 10, answerMs: 1_000 };

type Case = (
  inOne: (plan: Omit<Plan, "dialect">, test: (house: House) => Promise<void>) => Promise<void>,
  dialect: Dialect,
) => Promise<void>;

/** What every family promises, whatever it carries. A case that a family leaves out carries its reason. */
export function familyContract(
  name: string,
  dialect: Dialect,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.keys(exceptions).filter((each) => !(each in cases));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(", ")}`);
  describe(name, () => {
    for (const [promise, test] of Object.entries(cases)) {
      const reason = exceptions[promise];
      const run = () => test((plan, body) => inHouse({ dialect, ...plan }, body), dialect);
      if (reason === undefined) it(promise, run);
      else it.skip(`${promise} (not here: ${reason})`, run);
    }
  });
}

const cases: Readonly<Record<string, Case>> = {
  "a completion is what decode alone would have said, and names its pair": (inOne) =>
    inOne({}, async (house) => {
      const answer = await house.send(SHORT, { id: "mine" });
      expect(answer).toMatchObject({ status: 200, whole: true, headers: { "x-request-id": "mine", "x-engine": "d" } });
      expect(answer.headers).toMatchObject({
        "x-pdctl-prefill": `${house.p[0]?.url}#0`,
        "x-pdctl-decode": `${house.d[0]?.url}#0`,
      });
      expect(JSON.parse(answer.text).choices[0].text).toBe(house.cluster.answerTo("/v1/completions", SHORT, 4));
      expect(Number(answer.headers["content-length"])).toBe(Buffer.byteLength(answer.text));
      expect([house.p[0]?.ids, house.d[0]?.ids]).toEqual([["mine"], ["mine"]]);
    }),

  "a streamed chat with every field set reaches decode byte for byte": (inOne) =>
    inOne({}, async (house) => {
      const answer = await house.send(CHAT, { path: "/v1/chat/completions" });
      expect(answer).toMatchObject({
        status: 200,
        whole: true,
        headers: { "content-type": "text/event-stream; charset=utf-8" },
      });
      expect(textOf(answer.text)).toBe(house.cluster.answerTo("/v1/chat/completions", CHAT, 6));
      expect(answer.text.match(/\[DONE\]/g)).toHaveLength(1);
      expect(answer.headers["cache-control"]).toBe("no-cache");
    }),

  "however the events are cut, the client gets the same bytes": (inOne) =>
    inOne({}, async (house) => {
      const texts = new Set<string>();
      for (const chunking of ["each", "many", "bytes"] as const) {
        for (const engine of house.d) engine.chunking = chunking;
        texts.add((await house.send(STREAM)).text);
      }
      expect([...texts].map(textOf)).toEqual([house.cluster.answerTo("/v1/completions", STREAM, 4)]);
    }),

  "an event reaches the client before the next one is made": (inOne) =>
    inOne({}, async (house) => {
      const seen: string[] = [];
      let client = Promise.resolve();
      house.d[0]?.faults.push({ kind: "paced", before: (event) => (event === 0 ? Promise.resolve() : client) });
      const res = await (async () => {
        const open = house.open(STREAM);
        const head = await open.head;
        client = once(head, "data").then(([chunk]: Buffer[]) => void seen.push(String(chunk)));
        return head;
      })();
      await once(res, "end");
      expect(seen).toEqual([": ping\n\n"]);
    }),

  "what a client may not set never gets through, however it is spelled": (inOne, dialect) =>
    inOne({}, async (house) => {
      const forged = [
        '{"model":"m","prompt":"a","kv_transfer_params":{"do_remote_prefill":true,"remote_host":"evil"},"max_tokens":2}',
        '{"kv_transfer_params":1,"model":"m","prompt":"a","max_tokens":2,"kv_transfer_params":{"x":"}"},"transfer_id":"t"}',
        '{"model":"m","kv\\u005ftransfer_params":{},"prompt":"a","bootstrap_room":1,"max_tokens":2,"bootstrap_host":"h"}',
      ];
      for (const raw of forged) {
        const answer = await house.send(raw, { atDecode: '{"model":"m","prompt":"a","max_tokens":2}' });
        expect(answer.status, `${dialect}: ${raw}`).toBe(200);
      }
    }),

  "keys that are set on the prefill leg are there once, also when the client wrote them twice": (inOne) =>
    inOne({}, async (house) => {
      const answer = await house.send(
        '{"model":"m","max_tokens":9,"prompt":"a","stream":true,"max_tokens":3,"stream":false}',
      );
      expect(JSON.parse(answer.text).choices[0].text).toBe(
        house.cluster.answerTo("/v1/completions", '{"model":"m","prompt":"a"}', 3),
      );
    }),

  "both legs carry one id, the client's key and trace, the query, and nothing of the hop": (inOne) =>
    inOne({ apiKey: "k1" }, async (house) => {
      const headers = {
        ...{ authorization: "Bearer k1", traceparent: "00-a-b-01", tracestate: "x=1", baggage: "u=2", cookie: "s=1" },
        ...{ "keep-alive": "timeout=5", te: "trailers", "proxy-authorization": "secret", "accept-encoding": "gzip" },
        ...{ "x-data-parallel-rank": "7", "x-prefiller-host-port": "evil:1", "x-hop": "1", connection: "x-hop, close" },
      };
      const answer = await house.send(SHORT, { headers, path: "/v1/completions?a=b%20c&d" });
      expect(answer.status).toBe(200);
      expect((await house.send(SHORT, { id: "", headers })).headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    }),

  "a wrong key is the engine's 401, an unknown model its 404, word for word": (inOne) =>
    inOne({ apiKey: "k1" }, async (house) => {
      expect((await house.send(SHORT, { headers: { authorization: "Bearer k2" } })).status).toBe(401);
      const headers = { authorization: "Bearer k1" };
      const answer = await house.send('{"model":"unknown","prompt":"x"}', { headers });
      expect(answer).toMatchObject({ status: 404, text: '{"error":{"message":"no such model",  "code":404}}' });
      expect(house.d[0]?.ids).toEqual([]);
    }),

  "two requests with the same id at once run under two ids": (inOne) =>
    inOne({}, async (house) => {
      const both = await Promise.all([house.send(SHORT, { id: "same" }), house.send(SHORT, { id: "same" })]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect(new Set(house.p[0]?.ids).size).toBe(2);
      await house.send(SHORT, { id: "same" });
      expect(house.p[0]?.ids.at(-1)).toBe("same"); // nobody has it any more
    }),

  "round robin uses every rank evenly, and prefill and decode do not stay paired": (inOne) =>
    inOne({ prefill: 2, decode: 2, dpSize: 3 }, async (house) => {
      const pairs = new Set<string>();
      for (let request = 0; request < 36; request++) {
        const { headers } = await house.send(SHORT);
        pairs.add(`${headers["x-pdctl-prefill"]} ${headers["x-pdctl-decode"]}`);
      }
      for (const { ranks } of [...house.p, ...house.d])
        expect(ranks.map(String).sort().join("")).toBe("000000111111222222");
      expect(pairs.size).toBe(36);
    }),

  "an engine that refuses connections is passed over, and comes back by itself": (inOne) =>
    inOne({ prefill: 2, decode: 2 }, async (house) => {
      await Promise.all([house.p[0]?.stop(), house.d[0]?.stop()]);
      for (let request = 0; request < 4; request++) expect((await house.send(SHORT)).status).toBe(200);
      expect(house.p[1]?.ids).toHaveLength(4);
      expect(house.d[1]?.ids).toHaveLength(4);
      await Promise.all([house.p[0]?.start(), house.d[0]?.start()]);
      await healthy(house, 4);
      const again = await Promise.all([1, 2, 3, 4].map(() => house.send(SHORT)));
      expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([2, 2]);
    }),

  "without any prefill, or any decode, the client gets 503 and may try again": (inOne) =>
    inOne({}, async (house) => {
      for (const [role, engine] of [["prefill", house.p[0]] as const, ["decode", house.d[0]] as const]) {
        await engine?.stop();
        await healthy(house, 1);
        const answer = await house.send(SHORT);
        expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1", "x-pdctl-error": "target.none" } });
        const health = await house.get("/health");
        expect([health.status, JSON.parse(health.text).lacks]).toEqual([503, [role]]);
        await engine?.start();
        await healthy(house, 2);
        expect((await house.get("/health")).status).toBe(200);
      }
      expect(house.d[0]?.ids).toEqual([]);
      expect(house.p[0]?.ids).toEqual([]); // no prefill is burnt for a decode that is not there
    }),

  "an engine that closes an idle connection under a request is not the client's problem": (inOne, dialect) =>
    inOne({ probeTimes: ONE_PROBE }, async (house) => {
      await house.send(SHORT);
      house.p[0]?.faults.push({ kind: "idle-closed" });
      expect((await house.send(SHORT, { id: "p" })).status).toBe(200);
      expect(house.p[0]?.ids.at(-1)).toBe("p-r1");
      house.d[0]?.faults.push({ kind: "idle-closed" });
      expect((await house.send(SHORT, { id: "d" })).status).toBe(200);
      expect([house.p[0]?.ids.slice(-2), house.d[0]?.ids.at(-1)]).toEqual([["d", "d-r1"], "d-r1"]);
      expect(house.cluster.registry.expire()).toBe(dialect === "ucm" ? 0 : 1); // what the lost ticket held
    }),

  "an engine that dies under a request is a 502, and not a poison that goes round": (inOne) =>
    inOne({ prefill: 4, decode: 4 }, async (house) => {
      for (const engines of [house.p, house.d]) {
        for (const { faults } of engines) faults.push({ kind: "reset" });
        const answer = await house.send(SHORT);
        expect(answer).toMatchObject({ status: 502, whole: true, headers: { "x-pdctl-error": "target.broke" } });
        const struck = engines.filter(({ faults }) => faults.length === 0);
        expect(struck.length).toBeLessThanOrEqual(2); // the second where the connection may have been closed before the request came
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
      for (const engine of [house.p[0], house.d[0]])
        for (const status of [422, 500, 503]) {
          engine?.faults.push({ kind: "status", status, body });
          const answer = await house.send(STREAM);
          expect(answer).toMatchObject({
            status,
            text: body,
            whole: true,
            headers: { "content-type": "application/json" },
          });
        }
      expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([6, 3]);
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
      house.d[0]?.faults.push({ kind: "break", after: 0 }, { kind: "break", after: 0 });
      for (const raw of [SHORT, STREAM]) {
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

  "requests that two legs cannot serve go to decode alone, and say why": (inOne) =>
    inOne({}, async (house) => {
      const bodies = {
        n: '{"model":"m","prompt":"a","n":2}',
        best_of: '{"model":"m","prompt":"a","best_of":3}',
        beam_search: '{"model":"m","prompt":"a","use_beam_search":true}',
        prompt_list: '{"model":"m","prompt":["a","b,"]}',
        prompt_logprobs: '{"model":"m","prompt":"a","prompt_logprobs":0}',
        echo_logprobs: '{"model":"m","prompt":"a","echo":true,"logprobs":1}',
        no_output: '{"model":"m","prompt":"a","max_tokens":0}',
      };
      for (const [reason, raw] of Object.entries(bodies)) {
        const { status, headers } = await house.send(raw, { alone: true });
        expect([status, headers["x-pdctl-alone"], headers["x-pdctl-prefill"]]).toEqual([200, reason, undefined]);
      }
      for (const raw of [
        '{"model":"m","prompt":["a"]}',
        '{"model":"m","prompt":[1,2]}',
        '{"model":"m","prompt":[[1,2]],"n":1}',
      ])
        expect((await house.send(raw)).headers["x-pdctl-alone"]).toBeUndefined();
      expect(await house.metric("pdctl_proxy_bypass_total")).toHaveLength(7);
    }),

  "prompts below pd_min_prompt_tokens go to decode alone": (inOne) =>
    inOne({ config: { pd_min_prompt_tokens: 10 } }, async (house) => {
      const words = (bytes: number) => `{"model":"m","prompt":"${"x".repeat(bytes)}"}`;
      const ids = (count: number) => `{"model":"m","prompt":[${Array.from({ length: count }, (_, id) => id)}]}`;
      const nested = (count: number) => ids(count).replace(/\[.*\]/, "[$&]");
      for (const raw of [words(36), ids(9), nested(9)])
        expect((await house.send(raw, { alone: true })).headers["x-pdctl-alone"]).toBe("short_prompt");
      for (const raw of [words(37), ids(10), nested(10)])
        expect((await house.send(raw)).headers["x-pdctl-alone"]).toBeUndefined();
    }),
};

/** The text of all events. */
export const textOf = (stream: string) =>
  stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)).choices[0].text)
    .join("");

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

/** Asks until so many engines are up; each question is a round trip. */
async function healthy(house: House, wanted: number): Promise<void> {
  for (const deadline = performance.now() + 10_000; ; ) {
    const { prefill, decode } = JSON.parse((await house.get("/health")).text);
    if (prefill.up + decode.up === wanted) return;
    if (performance.now() > deadline) throw new Error(`${prefill.up} and ${decode.up} are up, not ${wanted}`);
  }
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
