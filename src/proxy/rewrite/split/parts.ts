import { firstElements, type JsonObject, rawValue, readObject } from "../../body/json.ts";
import { splice } from "../../body/splice.ts";

/** One prompt and one sample of it, as a request of its own. */
export interface Part {
  readonly body: JsonObject;
  /** Of its only choice, in the answer to the whole. */
  readonly index: number;
  /** Which of the prompt's samples: the first stands for the prompt where tokens of prompts are counted. */
  readonly sample: number;
}

export type Parts = readonly [Part, ...Part[]];

const BYTES_MOST = 64 * 1024 * 1024; // of all parts together: as much as one request may be

/**
 * A request with several prompts, or several samples of each, as that many requests with one. An engine makes as many sequences of it, and each
 * needs KV of its own: the ticket in prefill's answer is that of the first alone, and the first sequence of decode to read it lets prefill give the
 * blocks away under the others. Sample j gets the client's seed + j, as the engine would give it. Source: proxy-protocols.md §A.7, §G.8; vLLM 0.32
 * v1/engine/parallel_sampling.py, where every child gets a copy of the same kv_transfer_params.
 * @param most parts that one request may become
 * @returns undefined when it is to stay whole: it is one already, or too many or too large, or what the engine refuses in its own words
 */
export function partsOf(body: JsonObject, most: number): Parts | undefined {
  const samples = countOf(body, "n");
  const prompts = promptsOf(body, most);
  const count = prompts.length * samples;
  if (count < 2 || count > most || sizeOf(body, prompts.length, samples) > BYTES_MOST) return undefined;
  if ((samples > 1 && isGreedy(body)) || isGiven(body, "prompt_embeds")) return undefined;
  const drop = new Set(prompts.length > 1 ? ["n", "prompt"] : ["n"]);
  const first = readObject(splice(body, { drop }));
  const seed = samples > 1 ? seedOf(body) : undefined;
  const later = seed === undefined ? first : readObject(splice(first, { drop: new Set(["seed"]) })); // scanned once, however many there are
  const [one, ...others] = prompts.flatMap((prompt, which) =>
    Array.from({ length: samples }, (_, sample) => {
      const seeded = sample > 0 && seed !== undefined ? withFirst(later, "seed", String(seed + BigInt(sample))) : first;
      return { body: prompt ? withFirst(seeded, "prompt", prompt) : seeded, index: which * samples + sample, sample };
    }),
  );
  return one && [one, ...others];
}

/** The object with one more member, in front of those it has. */
function withFirst({ bytes, open, members }: JsonObject, key: string, value: Buffer | string): JsonObject {
  const start = open + 1;
  const name = Buffer.from(`${JSON.stringify(key)}:`);
  const text = typeof value === "string" ? Buffer.from(value) : value;
  const comma = Buffer.from(members.length > 0 ? "," : "");
  const by = name.length + text.length + comma.length;
  const member = { key, start, value: start + name.length, end: start + name.length + text.length };
  const moved = members.map((each) => ({
    key: each.key,
    start: each.start + by,
    value: each.value + by,
    end: each.end + by,
  }));
  return {
    bytes: Buffer.concat([bytes.subarray(0, start), name, text, comma, bytes.subarray(start)]),
    open,
    members: [member, ...moved],
  };
}

/** Bytes of all parts together: each sample has its prompt, and all have what is beside it. */
function sizeOf(body: JsonObject, prompts: number, samples: number): number {
  const prompt = prompts > 1 ? (rawValue(body, "prompt")?.length ?? 0) : 0;
  return samples * (prompt + prompts * (body.bytes.length - prompt));
}

/** The prompts of a list of several; else one, which stays where it is. At most one more than are of use. */
function promptsOf(body: JsonObject, most: number): readonly (Buffer | undefined)[] {
  const elements = firstElements(rawValue(body, "prompt") ?? NOTHING, most + 1) ?? [];
  const isList = elements.length > 1 && elements.every(([first]) => first === 0x22 || first === 0x5b);
  return isList ? elements : [undefined];
}

function seedOf(body: JsonObject): bigint | undefined {
  const seed = rawValue(body, "seed")?.toString();
  return seed !== undefined && /^-?\d+$/.test(seed) ? BigInt(seed) : undefined;
}

/** Several samples without chance are all the same: engines refuse that. */
const isGreedy = (body: JsonObject) => Number(rawValue(body, "temperature") ?? 1) < 1e-5;

function countOf(body: JsonObject, key: string): number {
  const count = Number(rawValue(body, key) ?? 1);
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
}

const isGiven = (body: JsonObject, key: string) => (rawValue(body, key) ?? "null").toString() !== "null";
const NOTHING = Buffer.alloc(0);
