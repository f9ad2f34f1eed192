import { once } from "node:events";
import { expect, it } from "vitest";
import { eventsIn, textIn } from "../client.ts";
import type { FakeEngine } from "../fake/engine.ts";
import { type House, inHouse } from "../house.ts";

const C = "/v1/completions";
const CHAT = "/v1/chat/completions";
const LIST = '{"model":"m","prompt":["one two", "three" ,"four five six"],"max_tokens":4}';
const PAIRS = ['"one two"', '"three"', '"four five six"'].map(
  (prompt) => `{"prompt":${prompt},"model":"m","max_tokens":4}`,
);
const streamed = (raw: string) => raw.replace(/\}$/, ',"stream":true,"stream_options":{"include_usage":true}}');
const answerOf = (house: House, path: string, raw = "", length = 4) => house.cluster.answerTo(path, raw, length);
const tokensOf = (raw = "") => Math.ceil(/"prompt":(.*?),"model"/.exec(raw)?.[1]?.length ?? 0) / 4;

const twice = (engine: FakeEngine, event: "aborted") =>
  new Promise<void>((resolve) => {
    let times = 0;
    engine.events.on(event, () => ++times === 2 && resolve());
  });

it("a list of prompts is a pair of legs for each, and one answer with their choices in order and the usage of all", () =>
  inHouse({ dialect: "nixl", prefill: 2, decode: 2 }, async (house) => {
    for (const [index, p] of house.p.entries()) p.cachedTokens = index + 1;
    for (const d of house.d) d.cachedTokens = 1999;
    const answer = await house.send(LIST, { id: "a", pairs: PAIRS });
    const body = JSON.parse(answer.text);
    expect(answer).toMatchObject({ status: 200, headers: { "x-request-id": "a", "x-pdctl-pairs": "3" } });
    expect(Number(answer.headers["content-length"])).toBe(Buffer.byteLength(answer.text));
    expect(body.id).toBe("cmpl-a");
    expect(body.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(body.choices.map(({ text }: { text: string }) => text)).toEqual(
      PAIRS.map((pair) => answerOf(house, C, pair)),
    );
    const prompts = PAIRS.reduce((sum, pair) => sum + Math.ceil(tokensOf(pair)), 0);
    expect(body.usage).toMatchObject({ prompt_tokens: prompts, completion_tokens: 12, total_tokens: prompts + 12 });
    expect(body.usage.prompt_tokens_details).toEqual({ audio_tokens: null, cached_tokens: 1 + 2 + 1 });
    expect(answer.text).toContain('"x_nonce":9007199254740993');
    expect(answer.text).toContain('"vendor":1.50');
    expect(house.p.flatMap(({ ids }) => ids).sort()).toEqual(["a", "a-p1", "a-p2"]);
    expect(await house.metric("pdctl_proxy_split")).toEqual(['pdctl_proxy_split_total{reason="prompt_list"} 1']);
  }));

it("a query behind the path changes nothing, and reaches the engines with every part", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const answer = await house.send(LIST, { path: `${C}?a=b`, pairs: PAIRS });
    expect(answer.headers).toMatchObject({ "x-pdctl-pairs": "3", "x-pdctl-prefill": `${house.p[0]?.url}#0` });
    expect(answer.headers["x-pdctl-alone"]).toBeUndefined();
    expect(house.p[0]?.ids).toHaveLength(3);
  }));

it("token lists are prompts too, and a list of tokens is one", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const pairs = ["[1, 2,3]", "[4]"].map((prompt) => `{"prompt":${prompt},"model":"m","max_tokens":2}`);
    const answer = await house.send('{"model":"m","prompt":[[1, 2,3],[4]],"max_tokens":2}', { id: "a", pairs });
    expect(JSON.parse(answer.text).choices).toHaveLength(2);
    expect(
      (await house.send('{"model":"m","prompt":[1,2,3],"max_tokens":2}')).headers["x-pdctl-pairs"],
    ).toBeUndefined();
  }));

it("n samples are n pairs with the seeds that an engine would give them, all prefilled where the first is", () =>
  inHouse({ dialect: "nixl", prefill: 4 }, async (house) => {
    const raw =
      '{"model":"m","messages":[{"role":"user","content":"hi"}],"n":3,"seed":9007199254740993,"max_tokens":3}';
    const body = '"model":"m","messages":[{"role":"user","content":"hi"}],';
    const pairs = [
      `{${body}"seed":9007199254740993,"max_tokens":3}`,
      `{"seed":9007199254740994,${body}"max_tokens":3}`,
      `{"seed":9007199254740995,${body}"max_tokens":3}`,
    ];
    const answer = JSON.parse((await house.send(raw, { id: "a", path: CHAT, pairs })).text);
    expect(answer.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(answer.choices[2].message.content).toBe(answerOf(house, CHAT, pairs[2], 3));
    expect(answer.usage.completion_tokens).toBe(9);
    expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens + 9); // the prompt is counted once
    expect(answer.usage.prompt_tokens).toBe(Math.ceil('[{"role":"user","content":"hi"}]'.length / 4));
    expect(house.p.filter(({ ids }) => ids.length > 0).map(({ ids }) => ids)).toEqual([["a", "a-p1", "a-p2"]]);
  }));

it.each(["each", "many", "bytes"] as const)(
  "streams become one (%s): every event once, under its choice; one usage event, one [DONE], one id",
  (chunking) =>
    inHouse({ dialect: "nixl", prefill: 2, decode: 2 }, async (house) => {
      for (const d of house.d) d.chunking = chunking;
      const raw = streamed('{"model":"m","prompt":["one","two"],"n":2,"seed":5,"max_tokens":4}');
      const rest = '"max_tokens":4,"stream":true,"stream_options":{"include_usage":true}}';
      const pairs = [
        `{"prompt":"one","model":"m","seed":5,${rest}`,
        `{"prompt":"one","seed":6,"model":"m",${rest}`,
        `{"prompt":"two","model":"m","seed":5,${rest}`,
        `{"prompt":"two","seed":6,"model":"m",${rest}`,
      ];
      const answer = await house.send(raw, { id: "s", pairs });
      expect(answer).toMatchObject({ status: 200, whole: true });
      for (const [index, pair] of pairs.entries()) expect(textIn(answer.text, index)).toBe(answerOf(house, C, pair));
      const events = eventsIn(answer.text);
      expect(new Set(events.map(({ id }) => id))).toEqual(new Set(["cmpl-s"]));
      expect(new Set(events.map(({ created }) => created)).size).toBe(1);
      expect(events).toHaveLength(4 * 4 + 1);
      expect(events.at(-1)).toMatchObject({
        choices: [],
        usage: { prompt_tokens: 4, completion_tokens: 16, total_tokens: 20 },
      });
      expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
      expect(answer.text.match(/\[DONE\]/g)).toHaveLength(1);
    }),
);

it("a part that an engine refuses is the answer of all, word for word, and the other parts are let go", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const refusal = { kind: "status", status: 422, body: '{"error":{"message":"too  long"}}' } as const;
    const [p, d] = [house.p[0], house.d[0]];
    if (!p || !d) throw new Error("no engines");
    for (const [id, raw, pairs] of [
      ["whole", LIST, PAIRS],
      ["stream", streamed(LIST), PAIRS.map(streamed)],
    ] as const) {
      const gone = twice(d, "aborted");
      d.faults.push({ kind: "hang" }, { kind: "hang" }, refusal); // the last to come is refused
      const answer = await house.send(raw, { id, pairs });
      expect(answer).toMatchObject({ status: 422, text: refusal.body, headers: { "x-pdctl-pairs": "3" } });
      await gone;
      p.faults.push(refusal);
      expect(await house.send(raw, { id: `p-${id}`, pairs })).toMatchObject({ status: 422, text: refusal.body });
      await house.quiet();
      house.cluster.registry.expire(); // what was let go between its legs
    }
  }));

it("a part that breaks off in its middle breaks all off, with an error and no [DONE]", () =>
  inHouse({ dialect: "nixl", decode: 3 }, async (house) => {
    const forever = {
      kind: "paced",
      before: (event: number) => (event < 2 ? Promise.resolve() : new Promise(() => undefined)),
    } as const;
    const [first, second, third] = house.d;
    const gone = [first?.next("aborted"), third?.next("aborted")];
    for (const d of [first, third]) d?.faults.push(forever);
    second?.faults.push({ kind: "break", after: 3 });
    const answer = await house.send(streamed(LIST), { id: "a", pairs: PAIRS.map(streamed) });
    expect(answer).toMatchObject({ status: 200, whole: false });
    expect(answer.text).toMatch(/\n\ndata: \{"error":\{"message":"decode at \S+ broke off: .*"code":502\}\}\n\n$/);
    expect(answer.text).not.toContain("[DONE]");
    await Promise.all(gone);
    second?.faults.push({ kind: "break", after: 0 });
    const whole = await house.send(LIST, { id: "b", pairs: PAIRS });
    expect(whole).toMatchObject({ status: 502, headers: { "x-pdctl-error": "target.broke" } });
  }));

it("a part's own error event ends the whole as it would have ended the engine's stream", () =>
  inHouse({ dialect: "nixl", decode: 3 }, async (house) => {
    house.d[1]?.faults.push({ kind: "error-event", code: 400 });
    const answer = await house.send(streamed(LIST), { id: "a", pairs: PAIRS.map(streamed) });
    expect(answer.whole).toBe(true);
    expect(answer.text).toMatch(/data: \{"error": \{.*"code": 400\}\}\n\ndata: \[DONE\]\n\n$/);
    expect(answer.text.match(/\[DONE\]/g)).toHaveLength(1);
  }));

it("a client that leaves takes all parts with it", () =>
  inHouse({ dialect: "nixl", decode: 3 }, async (house) => {
    const forever = {
      kind: "paced",
      before: (event: number) => (event < 2 ? Promise.resolve() : new Promise(() => undefined)),
    } as const;
    const gone = house.d.map((d) => d.next("aborted"));
    for (const d of house.d) d.faults.push(forever);
    const open = house.open(streamed(LIST), { id: "a", pairs: PAIRS.map(streamed) });
    await once(await open.head, "data");
    open.leave();
    await Promise.all(gone);
  }));

it("parts wait for room where prefill has a limit", () =>
  inHouse({ dialect: "nixl", decode: 3, config: { max_prefill_per_endpoint: 1 } }, async (house) => {
    const answer = await house.send(LIST, { id: "a", pairs: PAIRS });
    expect(JSON.parse(answer.text).choices).toHaveLength(3);
    expect(house.p[0]?.mostLive).toBe(1);
  }));

it.each([
  ["too many", LIST, { split_most: 2 }, "prompt_list"],
  ["switched off", '{"model":"m","prompt":"a","n":2,"max_tokens":4}', { split_most: 1 }, "n"],
  ["what engines refuse", '{"model":"m","prompt":"a","n":2,"temperature":0.0,"max_tokens":4}', {}, "n"],
  ["more than a list", '{"model":"m","prompt":["a","b"],"best_of":2,"max_tokens":4}', {}, "best_of"],
  ["embeddings beside it", '{"model":"m","prompt":["a","b"],"prompt_embeds":["e"],"max_tokens":4}', {}, "prompt_list"],
  ["all too short", LIST, { pd_min_prompt_tokens: 50 }, "prompt_list"],
])("%s: the request goes to decode alone, byte for byte", (_, raw, config, reason) =>
  inHouse({ dialect: "nixl", config }, async (house) => {
    expect(await house.send(raw, { alone: true })).toMatchObject({ status: 200, headers: { "x-pdctl-alone": reason } });
  }),
);

it("where KV lies in a store one pair of legs serves prompts and samples as they are; prefill makes one sample", () =>
  inHouse({ dialect: "ucm" }, async (house) => {
    for (const raw of [LIST, '{"model":"m","prompt":"a","n":3,"max_tokens":4}']) {
      const answer = await house.send(raw);
      expect(answer.status).toBe(200);
      expect(answer.headers["x-pdctl-alone"]).toBeUndefined();
    }
    expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([2, 2]);
  }));

it("KV that prefill would hold for minutes for a part that nobody wants any more is fetched, so that it lets go of it", () =>
  inHouse({ dialect: "mooncake-ascend", config: { kv_hold_seconds: 480 } }, async (house) => {
    let answered: () => void = () => {};
    const refused = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const [one = "", two = ""] = PAIRS;
    house.p[0]?.faults.push(
      { kind: "paced", before: () => Promise.resolve() },
      { kind: "late-body", rest: () => refused },
    );
    house.d[0]?.faults.push({ kind: "status", status: 422, body: "{}" });
    const raw = '{"model":"m","prompt":["one two","three"],"max_tokens":4}';
    const answer = house.send(raw, { id: "a", pairs: [one, two] });
    house.cluster.remember("a-p1", { path: C, raw: two, headers: {}, atDecode: two, alone: false, leaves: true });
    expect((await answer).status).toBe(422);
    answered(); // prefill of the other part has long finished, and only now says so
    await house.shows(/^pdctl_proxy_release_dispatches_total\{result="released"\} 1$/);
    expect(house.d[0]?.ids).toEqual(["a", "a-p1"]);
  }));

it("streams with an event that is larger than any engine writes are not mixed with it", () =>
  inHouse({ dialect: "nixl", decode: 3 }, async (house) => {
    house.d[1]?.faults.push({ kind: "flood", bytes: 30 * 1024 * 1024, event: 10 * 1024 * 1024 });
    const answer = await house.send(streamed(LIST), { id: "a", pairs: PAIRS.map(streamed) });
    expect(answer.whole).toBe(false);
    expect(answer.text).toMatch(/\n\ndata: \{"error":\{"message":"[^"]*larger than 8 MiB".*"code":502\}\}\n\n$/);
  }));
