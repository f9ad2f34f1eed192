import { once } from "node:events";
import { expect } from "vitest";
import { textIn } from "../client.ts";
import type { Case } from "../family-contract.ts";

const SHORT = '{ "model":"m", "prompt":"one two three" , "max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';
/** Every field that the prefill leg changes, in an unusual spelling, and many that it must not. */
const CHAT = `{
  "model": "m", "messages": [{"role":"user","content":"<b>&\\u00fc😀 { \\"stream\\": 1 }"}],
  "stream" :true,"stream_options": {"include_usage":true}, "max_tokens":50,"max_completion_tokens": 6,"min_tokens":5,
  "n":1,"logprobs":true,"top_logprobs":3,"temperature":0.10,"seed":9007199254740993,"stop":["\\n"],"stop_token_ids":[7],
  "tools":[{"type":"function"}],"tool_choice":"auto","response_format":{"type":"text"},"vendor_unknown":{"deep":[1,2.0,null]}
}`;

/** What reaches the engines, and what comes back when all is well. */
export const requests: Readonly<Record<string, Case>> = {
  "a completion is what decode alone would have said, and names its pair": (inOne) =>
    inOne({}, async (house) => {
      const answer = await house.send(SHORT, { id: "mine" });
      expect(answer).toMatchObject({ status: 200, whole: true, headers: { "x-request-id": "mine", "x-engine": "d" } });
      expect(answer.headers).toMatchObject({
        "x-pdctl-prefill": `${house.p[0]?.url}#0`,
        "x-pdctl-decode": `${house.d[0]?.url}#0`,
        "server-timing": expect.stringMatching(/^prefill;dur=\d+\.\d$/),
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
      expect(textIn(answer.text)).toBe(house.cluster.answerTo("/v1/chat/completions", CHAT, 6));
      expect(answer.text.match(/\[DONE\]/g)).toHaveLength(1);
      expect(answer.headers["cache-control"]).toBe("no-cache");
    }),

  "however the events are cut, the client gets the same bytes": (inOne) =>
    inOne({}, async (house) => {
      for (const chunking of ["each", "many", "bytes"] as const) {
        for (const engine of house.d) engine.chunking = chunking;
        const { text } = await house.send(STREAM);
        expect(text, chunking).toBe(house.d[0]?.answers.at(-1));
        expect(textIn(text)).toBe(house.cluster.answerTo("/v1/completions", STREAM, 4));
      }
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
      await house.quiet();
      await house.send(SHORT, { id: "same" });
      expect(house.p[0]?.ids.at(-1)).toBe("same"); // nobody has it any more
    }),
};
