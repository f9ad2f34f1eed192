import type { FindingData, ProofData } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { finding } from "../run/verb.ts";
import { Unanswered } from "../serving/http.ts";
import { bareCard, brokenCard, differingCard, failedCard, lateCard, unansweredCard } from "./cards.ts";
import { engineWords } from "./engine-words.ts";
import { keepProof } from "./last-proof.ts";
import { type Proved, type Proving, prove } from "./prove.ts";
import { TrialFailed } from "./trial.ts";
import { linesOf, testify, type Written } from "./witness.ts";

/** What smoke works on: from the plan at `up`, from the proxy's own record later. */
export interface Proof extends Proving {
  /** Decode engines and where their logs are, for evidence where counters are missing. */
  readonly written: readonly Written[];
  readonly limitMs: number;
  readonly requireEvidence: boolean;
  /** State directory of the proxy's node. */
  readonly stateDir: string;
  readonly generation: number;
}

export interface Made {
  readonly data: ProofData | undefined;
  /** What did not hold is already said. */
  readonly failed: boolean;
}

/**
 * Makes the proof, says it, keeps it on the proxy's node. Before a failure is said, `sure` may find its reason elsewhere, by
 * rejecting: a service that died in the middle.
 */
export async function makeProof(
  proof: Proof,
  fleet: Fleet,
  run: Run,
  sure: () => Promise<void> = async () => undefined,
): Promise<Made> {
  const late = AbortSignal.timeout(proof.limitMs);
  const refuse = async (card: FindingData, code: string): Promise<Made> => {
    await sure();
    run.emit(finding(card, code, { phase: "smoke" }));
    return { data: undefined, failed: true };
  };
  try {
    return await judged(await proved(proof, fleet, run, AbortSignal.any([run.signal, late])), proof, fleet, run, sure);
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof TrialFailed) {
      const words = await engineWords(proof.written, fleet, run);
      return refuse(failedCard(error, words), words?.cause?.id ?? "smoke-failed");
    }
    if (error instanceof Unanswered && !late.aborted) return refuse(unansweredCard(error, proof), "no-answer");
    if (late.aborted) return refuse(lateCard(proof.limitMs), "smoke-late");
    throw error;
  }
}

/** Counters are the better evidence; where decode has none, its log is asked before and after. */
async function proved(proof: Proof, fleet: Fleet, run: Run, signal: AbortSignal): Promise<Proved> {
  const { step, written } = proof;
  const pattern = step.proof.log;
  const lines = async () => (pattern === undefined ? new Map<string, number>() : linesOf(pattern, written, fleet, run));
  let before: ReadonlyMap<string, number> | undefined;
  const made = await prove(fleet.session(step.node), proof, signal, async () => {
    before = await lines();
  });
  if (made.proof.evidence !== "none" || before === undefined) return made;
  return testify(before, await lines(), made.served) ? { ...made, proof: { ...made.proof, evidence: "log" } } : made;
}

async function judged(
  { proof: data, broken, differing }: Proved,
  proof: Proof,
  fleet: Fleet,
  run: Run,
  sure: () => Promise<void>,
): Promise<Made> {
  if (broken.length > 0) await sure();
  const doubtful = data.evidence === "none" || data.uncovered.length > 0;
  run.emit({ type: "proof", phase: "smoke", level: broken.length > 0 ? "error" : doubtful ? "warning" : "info", data });
  const [first] = broken;
  if (first !== undefined) {
    const words = first.kind === "other-answer" ? undefined : await engineWords(proof.written, fleet, run);
    run.emit(finding(brokenCard(first, broken.length, data.requests, words), first.kind, { phase: "smoke" }));
  }
  if (first === undefined && differing.length > 0)
    run.emit({
      ...finding(differingCard(differing, data.requests), "answer-differs", { phase: "smoke" }),
      level: "warning",
    });
  const bare = data.evidence === "none" && proof.requireEvidence;
  if (bare) run.emit(finding(bareCard, "no-evidence", { phase: "smoke" }));
  const failed = broken.length > 0 || bare;
  if (!failed)
    await keepProof(
      { atMs: Date.now(), evidence: data.evidence, generation: proof.generation },
      proof.step.node,
      proof.stateDir,
      fleet,
      run,
    );
  return { data, failed };
}
