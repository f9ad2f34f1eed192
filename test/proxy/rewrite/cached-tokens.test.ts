import { expect, it } from "vitest";
import { type Answer, eventsIn } from "../client.ts";
import type { Dialect } from "../fake/cluster.ts";
import { type House, inHouse, type Plan } from "../house.ts";

const CHAT = "/v1/chat/completions";
const prompt = '"messages":[{"role":"user","content":"say \\"cached_tokens\\":"}],"max_tokens":5';
const WHOLE = `{"model":"m",${prompt}}`;
const STREAM = `{"model":"m",${prompt},"stream":true,"stream_options":{"include_usage":true}}`;

/** Prefill had 3 tokens in its cache; decode says 1999, which is what it was sent. */
const inPair = (plan: Partial<Plan>, test: (house: House) => Promise<void>) =>
  inHouse({ dialect: "nixl", ...plan }, async (house) => {
    for (const p of house.p) p.cachedTokens = 3;
    for (const d of house.d) d.cachedTokens = 1999;
    await test(house);
  });

const lengthOf = ({ headers }: Answer) => Number(headers["content-length"]);

it.each<Dialect>(["nixl", "mooncake-ascend", "ucm"])(
  "%s: an answer tells how much of the prompt prefill had cached, and every other byte is decode's",
  (dialect) =>
    inPair({ dialect }, async (house) => {
      const answer = await house.send(WHOLE, { path: CHAT, id: "a" });
      const [d] = house.d;
      expect(answer.text).toBe(d?.answers.at(-1)?.replace('"cached_tokens": 1999 ', '"cached_tokens": 3 '));
      expect(lengthOf(answer)).toBe(Buffer.byteLength(answer.text));
      expect(answer.text).toContain('"cached_tokens": 3 ');
    }),
);

it("in a stream only the usage event differs, however the events are cut", () =>
  inPair({}, async (house) => {
    for (const chunking of ["each", "many", "bytes"] as const) {
      for (const d of house.d) d.chunking = chunking;
      const answer = await house.send(STREAM, { path: CHAT, id: `s-${chunking}` });
      const written = house.d[0]?.answers.at(-1);
      expect(written).toContain('"cached_tokens": 1999 ');
      expect(answer, chunking).toMatchObject({
        whole: true,
        text: written?.replace('"cached_tokens": 1999 ', '"cached_tokens": 3 '),
      });
      expect(eventsIn(answer.text).at(-1)).toMatchObject({
        choices: [],
        usage: { prompt_tokens_details: { cached_tokens: 3, audio_tokens: null } },
      });
    }
  }));

it("prefill that does not say takes decode's number out, never lets it through", () =>
  inPair({}, async (house) => {
    for (const p of house.p) p.cachedTokens = undefined;
    for (const [body, id] of [
      [WHOLE, "w"],
      [STREAM, "s"],
    ] as const) {
      const answer = await house.send(body, { path: CHAT, id });
      expect(answer.text).toBe(house.d[0]?.answers.at(-1)?.replace(', "cached_tokens": 1999', ""));
      expect(answer.text).toContain('"prompt_tokens_details":{"audio_tokens":null }');
    }
  }));

it("of a second prefill it is that one's number", () =>
  inPair({ decode: 2, prefill: 2 }, async (house) => {
    const [first, second] = house.p;
    if (first && second) [first.cachedTokens, second.cachedTokens] = [11, 12];
    house.d[0]?.faults.push({ kind: "status", status: 500, body: "{}" });
    house.d[1]?.faults.push({ kind: "status", status: 500, body: "{}" });
    await house.send(WHOLE, { path: CHAT, id: "r", atDecode: WHOLE });
    const answer = await house.send(WHOLE, { path: CHAT, id: "q", atDecode: WHOLE });
    const last = house.p.find(({ ids }) => ids.includes("q"));
    expect(JSON.parse(answer.text).usage.prompt_tokens_details.cached_tokens).toBe(last?.cachedTokens);
    house.cluster.registry.expire();
  }));

it.each([
  ["what decode does alone it counts itself", WHOLE, { pd_min_prompt_tokens: 1000 }, true],
  ["a stream that tells of no usage", `{"model":"m",${prompt},"stream":true}`, {}, false],
  ["switched off", STREAM, { correct_cached_tokens: false }, false],
])("%s: not a byte is changed", (_, body, config, alone) =>
  inPair({ config }, async (house) => {
    for (const chunking of ["each", "many", "bytes"] as const) {
      for (const d of house.d) d.chunking = chunking;
      const answer = await house.send(body, { path: CHAT, id: `t-${chunking}`, alone });
      expect(answer.text).toBe(house.d[0]?.answers.at(-1));
    }
  }),
);

it("an event larger than any engine writes goes through, byte for byte, and so does all that follows it", () =>
  inPair({}, async (house) => {
    const [bytes, event] = [30 * 1024 * 1024, 10 * 1024 * 1024];
    house.d[0]?.faults.push({ kind: "flood", bytes, event });
    const { text, whole } = await house.send(STREAM, { path: CHAT });
    expect([whole, text.length]).toEqual([true, bytes + "data: [DONE]\n\n".length]);
    expect(text.split("\n\n").map(({ length }) => length)).toEqual([event - 2, event - 2, event - 2, 12, 0]);
  }));
