import { expect, it } from "vitest";
import { eventsIn, textIn } from "../client.ts";
import { type House, inHouse, type Plan } from "../house.ts";

const C = "/v1/completions";
const CHAT = "/v1/chat/completions";
const BACK = (after: number) => ({ kind: "given-back", after }) as const;

/** As pdctl sets it up for Ascend's Mooncake with the recompute scheduler. */
const onAscend = (test: (house: House) => Promise<void>, plan: Partial<Plan> = {}) =>
  inHouse({ dialect: "mooncake-ascend", decode: 2, config: { resume_recomputed: true }, ...plan }, test);
const said = (house: House, path: string, raw: string, length: number) => house.cluster.answerTo(path, raw, length);
const json = (text: string) => JSON.stringify(text);
/** What the proxy makes of a stream's request whose client did not ask for its usage. */
const asking = (raw: string) => raw.replace("{", '{"stream_options":{"include_usage":true},');

it("a completion that decode gives back is prefilled again with what it said, and the client reads one answer", () =>
  onAscend(async (house) => {
    const raw = '{"model":"m","prompt":"one \\u00e9","max_tokens":6,"min_tokens":4,"seed":9007199254740993}';
    const first = said(house, C, raw, 2);
    const prompt = `"one \\u00e9${json(first).slice(1)}`;
    const resumed = `{"prompt":${prompt},"max_tokens":4,"min_tokens":2,"model":"m","seed":9007199254740993}`;
    for (const [index, p] of house.p.entries()) p.cachedTokens = 7 + index;
    for (const d of house.d) d.cachedTokens = 1999;
    house.d[0]?.faults.push(BACK(2));
    const answer = await house.send(raw, { id: "a", resumes: [resumed] });
    const body = JSON.parse(answer.text);
    expect(answer.status).toBe(200);
    expect(body.choices[0]).toMatchObject({ finish_reason: "length", stop_reason: null });
    expect(body.choices[0].text).toBe(first + said(house, C, resumed, 4));
    expect(body.id).toBe("cmpl-a");
    expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 });
    expect(body.usage.prompt_tokens_details.cached_tokens).toBe(7);
    expect(Number(answer.headers["content-length"])).toBe(Buffer.byteLength(answer.text));
    expect([house.p[0]?.ids, house.d.map(({ ids }) => ids)]).toEqual([
      ["a", "a-c1"],
      [["a"], ["a-c1"]],
    ]);
    expect(await house.metric("pdctl_proxy_recomputes")).toEqual([
      `pdctl_proxy_recomputes_total{target="${house.d[0]?.url}"} 1`,
    ]);
  }));

it.each(["each", "many", "bytes"] as const)(
  "a chat's stream goes on where it stopped (%s): one id, one opening, no mark, no usage that nobody asked for",
  (chunking) =>
    onAscend(async (house) => {
      for (const d of house.d) d.chunking = chunking;
      const messages = '[{"role":"user","content":"hi {}"}]';
      const raw = `{"model":"m","messages":${messages},"stream":true,"max_tokens":9,"max_completion_tokens":5}`;
      const first = said(house, CHAT, raw, 3);
      const resumed = `{"messages":[{"role":"user","content":"hi {}"},{"role":"assistant","content":${json(first)}}],"continue_final_message":true,"add_generation_prompt":false,"max_tokens":6,"max_completion_tokens":2,"stream_options":{"include_usage":true},"model":"m","stream":true}`;
      house.d[0]?.faults.push(BACK(3));
      const answer = await house.send(raw, { id: "a", path: CHAT, atDecode: asking(raw), resumes: [resumed] });
      expect(answer).toMatchObject({ status: 200, whole: true });
      expect(textIn(answer.text)).toBe(first + said(house, CHAT, resumed, 2));
      const events = eventsIn(answer.text);
      expect(new Set(events.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
      expect(events[0]).toMatchObject({ id: "chatcmpl-a", choices: [{ delta: { role: "assistant" } }] });
      expect(events.filter(({ choices }) => choices[0]?.delta.role)).toHaveLength(1);
      expect(events.filter(({ usage }) => usage)).toEqual([]);
      expect(answer.text).not.toContain("recomputed");
      expect(answer.text.match(/\[DONE\]/g)).toHaveLength(1);
    }),
);

it("the usage of a stream is that of all its legs, and is told once", () =>
  onAscend(async (house) => {
    const rest = '"stream":true,"stream_options":{"include_usage":true}}';
    const raw = `{"model":"m","prompt":"one","max_tokens":6,${rest}`;
    const first = said(house, C, raw, 2);
    const second = `{"prompt":${json(`one${first}`)},"max_tokens":4,"model":"m",${rest}`;
    const more = said(house, C, second, 1);
    const third = `{"prompt":${json(`one${first}${more}`)},"max_tokens":3,"model":"m",${rest}`;
    house.d[0]?.faults.push(BACK(2));
    house.d[1]?.faults.push(BACK(1));
    const answer = await house.send(raw, { id: "a", resumes: [second, third] });
    expect(textIn(answer.text)).toBe(first + more + said(house, C, third, 3));
    const told = eventsIn(answer.text).filter(({ usage }) => usage);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ id: "cmpl-a", usage: { prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 } });
  }));

it("tokens are counted by events where decode does not say what it used", () =>
  onAscend(async (house) => {
    const raw = '{"model":"m","prompt":"one","max_tokens":6,"stream":true}';
    const first = said(house, C, raw, 2);
    const resumed = `{"prompt":${json(`one${first}`)},"max_tokens":4,"stream_options":{"include_usage":true},"model":"m","stream":true}`;
    house.d[0]?.faults.push({ kind: "given-back", after: 2, quiet: true });
    const answer = await house.send(raw, { id: "a", atDecode: asking(raw), resumes: [resumed] });
    expect(textIn(answer.text)).toBe(first + said(house, C, resumed, 4));
  }));

it("what was given back before a word was said, or before anybody read it, begins anew", () =>
  onAscend(async (house) => {
    const raw = '{"model":"m","prompt":"one","max_tokens":3,"stream":true}';
    house.d[0]?.faults.push(BACK(0));
    const answer = await house.send(raw, { id: "a", atDecode: asking(raw), resumes: [asking(raw)] });
    expect(textIn(answer.text)).toBe(said(house, C, raw, 3));
    const ids = '{"model":"m","prompt":[1,2,3],"max_tokens":3}'; // of tokens no longer prompt can be made
    house.d[0]?.faults.push(BACK(2));
    const whole = JSON.parse((await house.send(ids, { id: "b", resumes: [ids] })).text);
    expect(whole.choices[0].text).toBe(said(house, C, ids, 3));
    expect(whole.usage.completion_tokens).toBe(3);
    expect(whole.id).toBe("cmpl-b");
  }));

it("a stream that no engine can go on with is broken off, and says why", () =>
  onAscend(async (house) => {
    const stream = (more: string) => `{"model":"m",${more},"max_tokens":5,"stream":true}`;
    const message = '"messages":[{"role":"user","content":"a"}]';
    for (const [id, path, raw, fault] of [
      ["tokens", C, stream('"prompt":[1,2,3]'), BACK(2)],
      ["echo", C, stream('"prompt":"a","echo":true'), BACK(2)],
      ["logprobs", C, stream('"prompt":"a","logprobs":1'), BACK(2)],
      ["tools", CHAT, stream(`${message},"tools":[{"type":"function"}]`), BACK(2)],
      ["grammar", CHAT, stream(`${message},"response_format":{"type":"json_object"}`), BACK(2)],
      ["partial", CHAT, stream(`${message},"continue_final_message":true`), BACK(2)],
      ["thoughts", CHAT, stream(message), { kind: "given-back", after: 2, thinking: true } as const],
    ] as const) {
      house.d[0]?.faults.push(fault);
      house.d[1]?.faults.push(fault);
      const answer = await house.send(raw, { id, path, atDecode: asking(raw) });
      expect(answer, id).toMatchObject({ status: 200, whole: false });
      expect(answer.text).toMatch(/\n\ndata: \{"error":\{"message":"decode at \S+ had no room .*"code":503\}\}\n\n$/);
      expect(answer.text).not.toContain("[DONE]");
      for (const { faults } of house.d) faults.length = 0;
    }
    expect(house.p[0]?.ids).toHaveLength(7);
  }));

it("a request that is given back four times is given up, with a status where nothing was read yet", () =>
  onAscend(async (house) => {
    const raw = '{"model":"m","prompt":[1,2],"max_tokens":3}';
    for (const { faults } of house.d) faults.push(BACK(1), BACK(1), BACK(1), BACK(1));
    const answer = await house.send(raw, { id: "a", resumes: [raw, raw, raw] });
    expect(answer).toMatchObject({ status: 503, headers: { "x-pdctl-error": "decode.preempted" } });
    expect(house.p[0]?.ids).toEqual(["a", "a-c1", "a-c2", "a-c3"]);
    for (const { faults } of house.d) faults.length = 0;
  }));

it("prefill that refuses the longer prompt ends the stream with an error", () =>
  onAscend(async (house) => {
    const raw = '{"model":"m","prompt":"one","max_tokens":3,"stream":true}';
    const resumed = `{"prompt":${json(`one${said(house, C, raw, 1)}`)},"max_tokens":2,"stream_options":{"include_usage":true},"model":"m","stream":true}`;
    house.d[0]?.faults.push(BACK(1));
    house.p[0]?.faults.push(
      { kind: "paced", before: () => Promise.resolve() },
      { kind: "status", status: 400, body: "{}" },
    );
    const answer = await house.send(raw, { id: "a", atDecode: asking(raw), resumes: [resumed] });
    expect(answer.whole).toBe(false);
    expect(answer.text).toMatch(/was answered with 400.*"code":503\}\}\n\n$/);
  }));

it("a client that leaves while its request is taken up again leaves nothing behind", () =>
  onAscend(async (house) => {
    const raw = '{"model":"m","prompt":"one","max_tokens":3,"stream":true}';
    const resumed = `{"prompt":${json(`one${said(house, C, raw, 1)}`)},"max_tokens":2,"stream_options":{"include_usage":true},"model":"m","stream":true}`;
    const [p] = house.p;
    if (!p) throw new Error("no prefill");
    house.d[0]?.faults.push(BACK(1));
    p.faults.push({ kind: "paced", before: () => Promise.resolve() }, { kind: "hang" });
    const open = house.open(raw, { id: "a", atDecode: asking(raw), resumes: [resumed] });
    const res = await open.head;
    res.resume();
    if (p.ids.length < 2) await p.next("arrival");
    const gone = p.next("aborted");
    open.leave();
    await gone;
  }));

it("without the key nothing is looked into, and the mark reaches the client as decode wrote it", () =>
  onAscend(
    async (house) => {
      const raw = '{"model":"m","prompt":"one","max_tokens":3,"stream":true}';
      house.d[0]?.faults.push(BACK(1));
      const answer = await house.send(raw, { id: "a" });
      expect(answer.text).toBe(house.d[0]?.answers.at(-1));
      expect(answer.text).toContain('"stop_reason":"recomputed"');
    },
    { config: {} },
  ));

it("samples of one prompt are taken up again each by itself", () =>
  onAscend(async (house) => {
    const raw = '{"model":"m","prompt":"one","n":2,"max_tokens":3}';
    const pair = '{"model":"m","prompt":"one","max_tokens":3}';
    const resumed = `{"prompt":${json(`one${said(house, C, pair, 1)}`)},"max_tokens":2,"model":"m"}`;
    house.d[0]?.faults.push(BACK(1));
    house.d[1]?.faults.push(BACK(1));
    for (const id of ["a-p1-c1"])
      house.cluster.remember(id, { path: C, raw: resumed, headers: {}, atDecode: resumed, alone: false });
    const answer = JSON.parse((await house.send(raw, { id: "a", pairs: [pair, pair], resumes: [resumed] })).text);
    const whole = said(house, C, pair, 1) + said(house, C, resumed, 2);
    expect(answer.choices.map(({ text }: { text: string }) => text)).toEqual([whole, whole]);
    expect(answer.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 });
  }));
