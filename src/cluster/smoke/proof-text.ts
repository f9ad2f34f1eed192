import { count } from "../../words/numbers.ts";
import type { ProofData } from "../events.ts";

/** `KV moved: 4832 of 4832 prompt tokens came from prefill (counter), 4 of 4 answers right` */
export function proofText({ evidence, from_prefill, prompt_tokens, answers, requests }: ProofData): string {
  if (evidence === "none") return "answers came, no counter, log or store shows that KV moved (none)";
  const right =
    answers[1] === 0
      ? `${requests} ${requests === 1 ? "answer" : "answers"}, none compared`
      : `${answers[0]} of ${answers[1]} answers right`;
  if (evidence === "log") return `KV moved: decode's log says so for each of ${requests} requests (log), ${right}`;
  return `KV moved: ${count(from_prefill)} of ${count(prompt_tokens)} prompt tokens came from prefill (${evidence}), ${right}`;
}

/** `4 requests, P 4/4, D 4/4`; of a rehearsal `16 of 16 paths prefill → decode carried a block` */
export const coveredText = ({ requests, endpoints: { prefill, decode }, paths }: ProofData) =>
  paths !== undefined
    ? `${paths[0]} of ${paths[1]} paths prefill → decode carried a block`
    : `${requests} ${requests === 1 ? "request" : "requests"}, P ${prefill[0]}/${prefill[1]}, D ${decode[0]}/${decode[1]}`;
