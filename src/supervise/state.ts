import { UserError } from "../errors.ts";
import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { readState as read } from "./records.ts";
import type { Scripts } from "./scripts.ts";
import type { Claims, NodeState } from "./supervise.ts";

const ANSWER_MS = 10_000;

/** null = there is none. Throws `node.unfit` for one that pdctl did not write. */
export function readState(
  session: Session,
  { stateDir }: { stateDir: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<NodeState | null> {
  return state(session, stateDir, { PD_WRITE: "", PD_CLAIMS: "", PD_BASELINE: "" }, scripts, signal);
}

export interface WriteState {
  readonly stateDir: string;
  readonly state: Pick<NodeState, "cluster" | "owner" | "generation" | "planned" | "run" | "nodes">;
  /** Unset: as they were. */
  readonly claims?: Claims;
  /** MiB in use of each device before anything of the cluster runs here; the first one is kept. */
  readonly baseline?: Readonly<Record<string, number>>;
}

/** Writes by rename, with this node's boot id. Whether another owner's state may be overwritten is the caller's decision. */
export async function writeState(
  session: Session,
  { stateDir, state: next, claims, baseline = {} }: WriteState,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<NodeState> {
  const { cluster, owner, generation, planned, run, nodes } = next;
  const values = {
    PD_WRITE: JSON.stringify({ schema: 1, cluster, owner, generation, boot: "@BOOT@", run, planned, nodes }),
    PD_CLAIMS: claims === undefined ? "" : JSON.stringify(claims),
    PD_BASELINE: Object.entries(baseline)
      .map(([id, mib]) => `${id} ${mib}`)
      .join("\n"),
  };
  const written = await state(session, stateDir, values, scripts, signal);
  if (written === null)
    throw new UserError("node.command", {
      node: session.node,
      command: "state",
      exit: 0,
      stderr: "it is not there after writing",
    });
  return written;
}

async function state(
  session: Session,
  stateDir: string,
  write: { readonly PD_WRITE: string; readonly PD_CLAIMS: string; readonly PD_BASELINE: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<NodeState | null> {
  const values = { PD_STATE: stateDir, ...write };
  const records = await ask(session, scripts, {
    script: write.PD_WRITE === "" ? ["proc", "state"] : ["proc", "gate", "fence", "state"],
    ...(write.PD_WRITE !== "" && { changes: ["state"] }),
    values,
    deadlineMs: ANSWER_MS,
    signal,
  });
  const text = records.map((fields) => fields.join("\t")).join("\n");
  if (text === "") return null;
  const found = read(text);
  if (found !== undefined) return found;
  throw new UserError("node.unfit", {
    node: session.node,
    why: `${stateDir}/state.json is not one that pdctl writes`,
    remedy: "look at it, then move it away",
  });
}
