import type { SmokeStep } from "../../plan/plan.ts";
import type { Target } from "../../proxy/config.ts";
import { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { type Closing, verb } from "../run/verb.ts";
import { servingProxy } from "../serving/serving-proxy.ts";
import { opened, stateDirOf } from "../standing/look.ts";
import type { Known } from "../standing/standing.ts";
import { makeProof } from "./make-proof.ts";
import { coveredText, proofText } from "./proof-text.ts";
import { type Answering, writtenBy } from "./witness.ts";

export interface SmokeAsk {
  readonly requireEvidence: boolean;
  /** More than the default of one per slot. */
  readonly requests?: number;
  readonly limitMs: number;
  /** Values of the secrets that the proxy's record names, as far as they are here. */
  readonly secretsOf: (names: readonly string[]) => Readonly<Record<string, string>>;
}

/** Proves again that a token crosses from prefill to decode, on what runs; the proxy's own record says where and how. */
export async function smoke(known: Known, ask: SmokeAsk, run: Run): Promise<number> {
  const fleet = new Fleet(known.nodes, run);
  run.about(known.cluster, 0);
  const left = () => ({ state: "unknown" as const, next: ["pdctl status"] });
  try {
    return await verb(run, "smoke", { not: "was not proven", left }, () => prove(known, ask, fleet, run));
  } finally {
    await fleet.close();
  }
}

/** What the proxy's spec carries for smoke. */
interface Note {
  readonly smoke: SmokeStep;
  readonly targets: readonly Target[];
  readonly engines: readonly Answering[];
}

async function prove(known: Known, ask: SmokeAsk, fleet: Fleet, run: Run): Promise<Closing> {
  const { there, standing } = await opened(known, fleet, run, { ready: false });
  const proxy = servingProxy(standing, "prove");
  const note = proxy.spec.note as unknown as Note;
  const step = { ...note.smoke, requests: ask.requests ?? note.smoke.requests };
  const proof = {
    step,
    targets: note.targets,
    engines: note.engines,
    written: writtenBy(note.engines, note.targets, (node) => stateDirOf(there, node)),
    paths: false,
    secrets: ask.secretsOf(Object.values(step.keys ?? {})),
    limitMs: ask.limitMs,
    requireEvidence: ask.requireEvidence,
    stateDir: stateDirOf(there, proxy.node),
    generation: standing.generation,
  };
  const { data } = await phase(run, "smoke", async () => {
    const { data, failed } = await makeProof(proof, fleet, run);
    return { text: data === undefined ? "not passed" : coveredText(data), data: failed ? undefined : data };
  });
  if (data === undefined)
    return {
      exit: 1,
      state: "degraded, not serving",
      verdict: "smoke did not pass",
      next: ["pdctl status", "pdctl logs decode --errors"],
    };
  return {
    exit: 0,
    state: "healthy",
    verdict: "smoke passed",
    proof: proofText(data),
    serve: `${step.url}/v1`,
    next: ["pdctl status"],
  };
}
