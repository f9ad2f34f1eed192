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

/**
 * A request with several prompts, or several samples of each, as that many requests with one. An engine makes as many sequences of it, and each
 * needs KV of its own: the ticket in prefill's answer is that of the first alone, and the first sequence of decode to read it lets prefill give the
 * blocks away under the others. Sample j gets the client's seed + j, as the engine would give it. Source: proxy-protocols.md §A.7, §G.8; vLLM 0.32
 * v1/engine/parallel_sampling.py, where every child gets a copy of the same kv_transfer_params.
 * @param most parts that one request may become
 * @returns undefined when it is to stay whole: it is one already, or too many, or what the engine refuses in its own words
 */
export function partsOf(body: JsonObject, most: number): Parts | undefined {
  const samples = countOf(body, "n");
  const prompts = promptsOf(body, most);
  const count = prompts.length * samples;
  if (count < 2 || count > most || (samples > 1 && isGreedy(body)) || isGiven(body, "prompt_embeds")) return undefined;
  const [first, ...others] = prompts.flatMap((prompt, which) =>
    Array.from({ length: samples }, (_, sample) => ({
      body: readObject(splice(body, { set: { ...(prompt && { prompt }), ...seedFor(body, sample) }, drop: ["n"] })),
      index: which * samples + sample,
      sample,
    })),
  );
  return first && [first, ...others];
}

/** The prompts of a list of several; else one, which stays where it is. At most one more than are of use. */
function promptsOf(body: JsonObject, most: number): readonly (Buffer | undefined)[] {
  const elements = firstElements(rawValue(body, "prompt") ?? NOTHING, most + 1) ?? [];
  const isList = elements.length > 1 && elements.every(([first]) => first === 0x22 || first === 0x5b);
  return isList ? elements : [undefined];
}

function seedFor(body: JsonObject, sample: number): { seed?: string } {
  const seed = rawValue(body, "seed")?.toString();
  return sample > 0 && seed !== undefined && /^-?\d+$/.test(seed)
    ? { seed: String(BigInt(seed) + BigInt(sample)) }
    : {};
}

/** Several samples without chance are all the same: engines refuse that. */
const isGreedy = (body: JsonObject) => Number(rawValue(body, "temperature") ?? 1) < 1e-5;

function countOf(body: JsonObject, key: string): number {
  const count = Number(rawValue(body, key) ?? 1);
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
}

const isGiven = (body: JsonObject, key: string) => (rawValue(body, key) ?? "null").toString() !== "null";
const NOTHING = Buffer.alloc(0);
