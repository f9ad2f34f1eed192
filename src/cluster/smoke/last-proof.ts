import type { Evidence } from "../events.ts";
import type { Fleet } from "../fleet.ts";
import type { Run } from "../run.ts";

/** When the cluster was last proven, and how: kept beside its state on the proxy's node, for every launcher to read. */
export interface Proven {
  readonly atMs: number;
  readonly evidence: Evidence;
}

const ANSWER_MS = 10_000;

export async function keepProof(proven: Proven, node: string, stateDir: string, fleet: Fleet, run: Run): Promise<void> {
  await ask(node, { PD_STATE_DIR: stateDir, PD_PROOF: JSON.stringify(proven) }, fleet, run);
}

export async function lastProof(node: string, stateDir: string, fleet: Fleet, run: Run): Promise<Proven | undefined> {
  const text = (await ask(node, { PD_STATE_DIR: stateDir, PD_PROOF: "" }, fleet, run)).trim();
  return text === "" ? undefined : (JSON.parse(text) as Proven);
}

async function ask(node: string, values: Readonly<Record<string, string>>, fleet: Fleet, run: Run): Promise<string> {
  const script = run.templates["cluster/proof"] ?? "";
  const call = { script, values, deadlineMs: ANSWER_MS, signal: run.signal, what: "the last proof" };
  return (await fleet.session(node).call(call)).stdout.toString("utf8");
}
