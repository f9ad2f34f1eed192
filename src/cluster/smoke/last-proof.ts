import { int, literal, looseObject, number, safeParse } from "zod/mini";
import type { Evidence } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";

/** When the cluster was last proven, and how: kept beside its state on the proxy's node, for every launcher to read. */
export interface Proven {
  readonly atMs: number;
  readonly evidence: Evidence;
  /** What runs since then is another cluster, which nobody has proven. */
  readonly generation: number;
}

const shape = looseObject({
  atMs: number(),
  generation: int(),
  evidence: literal(["counter", "log", "store", "none"]),
});
const ANSWER_MS = 10_000;

export async function keepProof(proven: Proven, node: string, stateDir: string, fleet: Fleet, run: Run): Promise<void> {
  await ask(node, { PD_STATE_DIR: stateDir, PD_PROOF: JSON.stringify(proven) }, fleet, run);
}

export async function lastProof(node: string, stateDir: string, fleet: Fleet, run: Run): Promise<Proven | undefined> {
  const text = (await ask(node, { PD_STATE_DIR: stateDir, PD_PROOF: "" }, fleet, run)).trim();
  try {
    const { success, data } = safeParse(shape, JSON.parse(text || "null"));
    return success ? data : undefined;
  } catch {
    return undefined; // half written by a node that went down: it proves nothing
  }
}

async function ask(node: string, values: Readonly<Record<string, string>>, fleet: Fleet, run: Run): Promise<string> {
  const script = run.templates["cluster/proof"] ?? "";
  const call = { script, values, deadlineMs: ANSWER_MS, signal: run.signal, what: "the last proof" };
  return (await fleet.session(node).call(call)).stdout.toString("utf8");
}
