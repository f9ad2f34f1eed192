import fc from "fast-check";
import { expect, it } from "vitest";
import { eventsIn, textIn } from "../client.ts";
import { type House, inHouse } from "../house.ts";

const CASES = 40;
const MOST = 12;

const request = fc.record({
  isChat: fc.boolean(),
  streams: fc.boolean(),
  tellsUsage: fc.boolean(),
  words: fc.string({ unit: "grapheme", maxLength: 20 }),
  chunking: fc.constantFrom("each" as const, "many" as const, "bytes" as const),
  /** Tokens after which decode gives the request back, each time. */
  backs: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

it("wherever decode gives a request back, and however its stream is cut, the client reads one whole answer", () =>
  inHouse({ dialect: "nixl", prefill: 2, config: { resume_recomputed: true } }, async (house) => {
    let number = 0;
    const holds = fc.asyncProperty(request, (one) => readsOne(house, one, `r${++number}`));
    await fc.assert(holds, { numRuns: CASES, endOnFailure: true });
  }));

async function readsOne(house: House, one: Request, id: string): Promise<void> {
  const [d] = house.d;
  if (!d) throw new Error("no decode");
  d.chunking = one.chunking;
  d.faults.push(...one.backs.map((after) => ({ kind: "given-back", after }) as const));
  const path = one.isChat ? "/v1/chat/completions" : "/v1/completions";
  const { raws, text } = expected(house, one, path);
  const [first = "", ...resumes] = raws;
  const sent = one.streams && !one.tellsUsage ? first.replace('"stream_options":{"include_usage":true},', "") : first;
  const answer = await house.send(sent, { id, path, atDecode: first, resumes });
  expect(answer).toMatchObject({ status: 200, whole: true });
  const events = one.streams ? eventsIn(answer.text) : [JSON.parse(answer.text)];
  const [choice] = events[0].choices;
  expect(one.streams ? textIn(answer.text) : (choice.text ?? choice.message.content)).toBe(text);
  expect(new Set(events.map((event) => `${event.id} ${event.created}`)).size).toBe(1);
  const usages = events.flatMap(({ usage }) => (usage ? [usage] : []));
  expect(usages.map(({ completion_tokens }) => completion_tokens)).toEqual(
    one.streams && !one.tellsUsage ? [] : [MOST],
  );
  expect(answer.text).not.toContain("recomputed");
}

/** What decode is sent each time, and all that it says. */
function expected(house: House, { isChat, streams, words, backs }: Request, path: string) {
  const tail = '"model":"m"' + (streams ? ',"stream":true}' : "}");
  const usage = streams ? '"stream_options":{"include_usage":true},' : "";
  let [text, left] = ["", MOST];
  const raws: string[] = [];
  for (const after of [...backs, undefined]) {
    const said = isChat
      ? `"messages":[{"role":"user","content":${JSON.stringify(words)}}${text && `,{"role":"assistant","content":${JSON.stringify(text)}}`}],${text && '"continue_final_message":true,"add_generation_prompt":false,'}`
      : `"prompt":${JSON.stringify(words + text)},`;
    const raw = `{${text ? `${said}"max_tokens":${left},${usage}` : `${usage}${said}"max_tokens":${left},`}${tail}`;
    raws.push(raw);
    text += house.cluster.answerTo(path, raw, after ?? left);
    left -= after ?? left;
  }
  return { raws, text };
}
