import type { Answer, Legs } from "./family.ts";

/** With one token to spend, prefill may answer 400 to a forced tool call: decode alone can make it. Reads the answer if so. Source: proxy-protocols.md §G.8. */
export function refusesForcedTool({ ask, numbers }: Legs, answer: Answer): false | Promise<true> {
  if (answer.status !== 400 || answer.from.endpoint.role !== "prefill") return false;
  if (!ask.forcesTool || !numbers.decodeAlone) return false;
  return answer.bytes().then(() => true);
}
