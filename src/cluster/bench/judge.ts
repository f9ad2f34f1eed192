import { count, several } from "../../words/numbers.ts";
import type { BenchData } from "../events.ts";

/** What of a benchmark is not as it must be, a sentence each: nothing wrong is an empty list. */
export function judge({ requests, completed, kv, proxy }: Omit<BenchData, "table">): readonly string[] {
  const failed = requests - completed;
  return [
    ...(failed > 0 ? [`${failed} of ${several(requests, "request")} failed`] : []),
    ...(kv === undefined ? [] : unmoved(completed, kv)),
    ...(proxy === undefined || proxy.alone === 0 ? [] : [`${several(proxy.alone, "request")} went to decode alone`]),
    ...(proxy === undefined || proxy.missing_kv === 0
      ? []
      : [`prefill handed out no KV for ${several(proxy.missing_kv, "request")}`]),
  ];
}

function unmoved(
  completed: number,
  { prompt_tokens, from_prefill, computed, transfers, wrong }: NonNullable<BenchData["kv"]>,
): readonly string[] {
  if (from_prefill === 0) return ["no KV moved"];
  return [
    ...(computed > 0 ? [`decode computed ${count(computed)} of ${count(prompt_tokens)} prompt tokens itself`] : []),
    ...(transfers !== undefined && transfers < completed
      ? [`${transfers} transfers of KV for ${several(completed, "request")}`]
      : []),
    ...wrong.map((name) => `${name} rose`),
  ];
}
