import type { ProofData } from "../../cluster/events.ts";
import { folded, type Naming } from "../../words/names.ts";
import { count, latency, several, size } from "../../words/numbers.ts";
import { padEnd } from "../text/width.ts";

/** What the smoke test saw, one fact per line. */
export function proofLines(
  proof: ProofData,
  { requireEvidence = false, shown = (id) => id }: { requireEvidence?: boolean; shown?: Naming } = {},
): string[] {
  const line = (sign: string, subject: string, text: string) => `${sign} ${padEnd(subject, 10)}${text}`;
  return [
    line(proof.uncovered.length > 0 ? "⚠" : "✔", "covered", covered(proof, shown)),
    proof.evidence === "none"
      ? line(requireEvidence ? "✖" : "⚠", "kv", "no counter, log or store shows it (none)")
      : line(hasMoved(proof) ? "✔" : "✖", "kv", moved(proof)),
    line(proof.same_answer ? "✔" : proof.answers[1] === 0 ? "⚠" : "✖", "answer", answer(proof)),
    ...(proof.latency === undefined ? [] : [line("✔", "latency", latencies(proof.latency))]),
  ];
}

function covered({ endpoints, covered: slots, requests, uncovered }: ProofData, shown: Naming): string {
  if (uncovered.length > 0) {
    const role = uncovered.every((id) => id.startsWith("decode")) ? "decode" : "prefill";
    const was = uncovered.length === 1 ? "was" : "were";
    return `${role === "decode" ? "D" : "P"} ${endpoints[role].join("/")}: ${folded(uncovered.map(shown))} ${was} never chosen in ${several(requests, "request")}`;
  }
  const side = (letter: string, role: "prefill" | "decode") =>
    `${letter} ${endpoints[role].join("/")} endpoints${slots[role][1] > endpoints[role][1] ? `, ${slots[role].join("/")} slots` : ""}`;
  return [side("P", "prefill"), side("D", "decode"), several(requests, "request")].join(" · ");
}

/** Decode may compute the last token of each prompt itself: MoRI-IO where it reads, models that keep a state. */
const hasMoved = ({ from_prefill, prompt_tokens, requests }: ProofData): boolean =>
  from_prefill >= prompt_tokens - requests;

function moved({ from_prefill, prompt_tokens, bytes, evidence }: ProofData): string {
  const volume = bytes === undefined ? "" : `, ${size(bytes)}`;
  return `${count(from_prefill)} of ${count(prompt_tokens)} prompt tokens came from prefill${volume} (${evidence})`;
}

function answer({ same_answer, answers: [right, of] }: ProofData): string {
  if (of === 0) return "not compared: no counter shows that decode computed one by itself";
  return same_answer
    ? `the same as decode's own, ${right} of ${of}`
    : `differs from decode's own, ${right} of ${of} the same`;
}

function latencies({ prefill, transfer, decode, total, first }: NonNullable<ProofData["latency"]>): string {
  const parts = Object.entries({ prefill, transfer, decode }).flatMap(([name, ms]) =>
    ms === undefined ? [] : [`${name} ${latency(ms)}`],
  );
  return `${(parts.length === 0 ? [`total ${latency(total)}`] : parts).join(", ")} (median; the first took ${latency(first)})`;
}
