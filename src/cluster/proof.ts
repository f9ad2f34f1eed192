import type { SmokeStep } from "../plan/plan.ts";
import type { Target } from "../proxy/config.ts";
import { count, duration } from "../report/numbers.ts";
import type { ProofData } from "./events.ts";
import type { Fleet } from "./fleet.ts";
import type { Run } from "./run.ts";
import { type Broken, prove } from "./smoke/prove.ts";
import { TrialFailed } from "./smoke/trial.ts";
import type { Proven } from "./status-report.ts";
import { finding } from "./verb.ts";

/** What smoke works on: from the plan at `up`, from the proxy's own record later. */
export interface Proof {
  readonly step: SmokeStep;
  readonly targets: readonly Target[];
  readonly limitMs: number;
  readonly requireEvidence: boolean;
  readonly stateDir: string;
}

/** Makes the proof, says it, keeps it on the proxy's node. `failed`: what did not hold is already said. */
export async function makeProof(
  proof: Proof,
  fleet: Fleet,
  run: Run,
): Promise<{ data: ProofData | undefined; failed: boolean }> {
  const session = fleet.session(proof.step.node);
  const late = AbortSignal.timeout(proof.limitMs);
  const signal = AbortSignal.any([run.signal, late]);
  try {
    const { proof: data, broken } = await prove(session, proof, signal);
    run.emit({
      type: "proof",
      phase: "smoke",
      level: broken.length > 0 ? "error" : data.evidence === "none" || data.uncovered.length > 0 ? "warning" : "info",
      data,
    });
    const [first] = broken;
    if (first !== undefined)
      run.emit(finding(brokenCard(first, broken.length, data.requests), first.kind, { phase: "smoke" }));
    const bare = data.evidence === "none" && proof.requireEvidence;
    if (bare)
      run.emit(
        finding(
          {
            title: "smoke: no counter, log or store shows that KV moved",
            cause: "the engines have none of the counters that prove it",
            do: ["leave out --require-evidence"],
          },
          "no-evidence",
          { phase: "smoke" },
        ),
      );
    const failed = broken.length > 0 || bare;
    if (!failed) await keep({ atMs: Date.now(), evidence: data.evidence }, proof, fleet, run);
    return { data, failed };
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof TrialFailed) run.emit(finding(failedCard(error), "smoke-failed", { phase: "smoke" }));
    else if (late.aborted)
      run.emit(
        finding(
          {
            title: `smoke was not over within ${duration(proof.limitMs / 1000)}`,
            cause: "a request is not answered",
            do: ["pdctl status", "pdctl logs proxy --tail 50"],
          },
          "smoke-late",
          { phase: "smoke" },
        ),
      );
    else throw error;
    return { data: undefined, failed: true };
  }
}

function failedCard({ what, reply }: TrialFailed) {
  return {
    title: `smoke: ${what}`,
    why: reply.text.slice(0, 400).split("\n"),
    cause: "the proxy or an engine refused the completion",
    do: ["pdctl logs proxy --tail 20", "pdctl status"],
  };
}

function brokenCard({ trial, request, kind }: Broken, same: number, of: number) {
  const path = `${trial.prefill?.url ?? "?"} → ${trial.decode?.url ?? "?"}, request ${request} of ${of}`;
  const rest = same > 1 ? { then: `the same on ${same} of ${of} requests` } : {};
  switch (kind) {
    case "kv-not-moved":
      return {
        title: "smoke: the answer came, the KV did not",
        where: path,
        cause: `decode computed ${trial.seen.computed ?? trial.promptTokens} of ${trial.promptTokens} prompt tokens itself`,
        do: ["look for the handshake in decode's log: pdctl logs decode --errors"],
        ...rest,
      };
    case "transfer-failed":
      return {
        title: "smoke: a KV transfer failed",
        where: path,
        why: `${trial.seen.wrong.join(", ")} rose`,
        cause: "decode could not read the blocks that prefill held",
        do: ["pdctl logs decode --errors"],
        ...rest,
      };
    case "other-answer":
      return {
        title: "smoke: decode answers differently over the transfer than by itself",
        where: path,
        why: [`over the transfer: ${trial.answer.slice(0, 80)}`, `by itself: ${(trial.own ?? "").slice(0, 80)}`],
        cause: "the KV that arrived is not the prompt's",
        do: ["restart both sides: pdctl down && pdctl up"],
        ...rest,
      };
  }
}

/** `KV moved: 4832 of 4832 prompt tokens came from prefill (counter), 4 of 4 answers right` */
export function proofText({ evidence, from_prefill, prompt_tokens, answers, requests }: ProofData): string {
  if (evidence === "none") return `answers came, no counter, log or store shows that KV moved (none)`;
  const right =
    answers[1] === 0
      ? `${requests} ${requests === 1 ? "answer" : "answers"}, none compared`
      : `${answers[0]} of ${answers[1]} answers right`;
  return `KV moved: ${count(from_prefill)} of ${count(prompt_tokens)} prompt tokens came from prefill (${evidence}), ${right}`;
}

/** `4 requests, P 4/4, D 4/4` */
export const coveredText = ({ requests, endpoints: { prefill, decode } }: ProofData) =>
  `${requests} ${requests === 1 ? "request" : "requests"}, P ${prefill[0]}/${prefill[1]}, D ${decode[0]}/${decode[1]}`;

const KEEP_MS = 10_000;

async function keep(proven: Proven, { step, stateDir }: Proof, fleet: Fleet, run: Run): Promise<void> {
  await fleet.session(step.node).call({
    script: run.templates["cluster/proof"] ?? "",
    values: { PD_STATE_DIR: stateDir, PD_PROOF: JSON.stringify(proven) },
    deadlineMs: KEEP_MS,
    signal: run.signal,
    what: "keeping the proof",
  });
}

export async function lastProof(node: string, stateDir: string, fleet: Fleet, run: Run): Promise<Proven | undefined> {
  const { stdout } = await fleet.session(node).call({
    script: run.templates["cluster/proof"] ?? "",
    values: { PD_STATE_DIR: stateDir, PD_PROOF: "" },
    deadlineMs: KEEP_MS,
    signal: run.signal,
    what: "the last proof",
  });
  const text = stdout.toString("utf8").trim();
  return text === "" ? undefined : (JSON.parse(text) as Proven);
}
