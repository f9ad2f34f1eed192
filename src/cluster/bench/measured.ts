import { int, looseObject, number, optional, safeParse } from "zod/mini";
import type { BenchData } from "./data.ts";

/** What `vllm bench serve --save-result` writes: read here is what is judged and shown, everything goes into the document. */
const shape = looseObject({
  completed: int(),
  failed: optional(int()),
  num_prompts: int(),
  duration: number(),
  total_input_tokens: int(),
  total_output_tokens: int(),
  median_ttft_ms: number(),
  median_tpot_ms: number(),
});

export type Measured = Pick<
  BenchData,
  "requests" | "completed" | "input_tokens" | "output_tokens" | "ttft" | "tpot" | "result"
>;

/** undefined: the text is no such file. */
export function measured(text: string | undefined): Measured | undefined {
  const { success, data } = safeParse(shape, parsed(text));
  return success
    ? {
        requests: data.num_prompts,
        completed: data.completed,
        input_tokens: data.total_input_tokens,
        output_tokens: data.total_output_tokens,
        ttft: data.median_ttft_ms,
        tpot: data.median_tpot_ms,
        result: data,
      }
    : undefined;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined; // cut off: the benchmark was ended while it wrote
  }
}
