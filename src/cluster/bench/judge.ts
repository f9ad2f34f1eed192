import { count, several } from "../../words/numbers.ts";
import type { BenchData } from "./data.ts";

/** What of a benchmark is not as it must be: nothing wrong is an empty list. */
export function judge({
  requests,
  completed,
  kv,
  proxy,
}: Pick<BenchData, "requests" | "completed" | "kv" | "proxy">): BenchData["wrong"] {
  const failed = requests - completed;
  const about = (subject: BenchData["wrong"][number]["about"], whats: readonly string[]) =>
    whats.map((what) => ({ about: subject, what }));
  return [
    ...about("answered", failed > 0 ? [`${failed} of ${several(requests, "request")} failed`] : []),
    ...about("kv", kv === undefined ? [] : unmoved(completed, kv)),
    ...about("proxy", proxy === undefined ? [] : astray(proxy)),
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
      ? [`${several(transfers, "transfer")} of KV for ${several(completed, "request")}`]
      : []),
    ...wrong.map((name) => `${name} rose`),
  ];
}

const astray = ({ alone, missing_kv }: NonNullable<BenchData["proxy"]>): readonly string[] => [
  ...(alone > 0 ? [`${several(alone, "request")} went to decode alone`] : []),
  ...(missing_kv > 0 ? [`prefill handed out no KV for ${several(missing_kv, "request")}`] : []),
];
