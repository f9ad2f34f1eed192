import { UserError } from "../errors.ts";
import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { readState as read } from "./records.ts";
import type { Scripts } from "./scripts.ts";
import type { NodeState } from "./supervise.ts";

const ANSWER_MS = 10_000;

/** null = there is none. Throws `node.unfit` for one that pdctl did not write. */
export function readState(
  session: Session,
  { stateDir }: { stateDir: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<NodeState | null> {
  return state(session, stateDir, "", scripts, signal);
}

/** Writes by rename, with this node's boot id. Whether another owner's state may be overwritten is the caller's decision. */
export async function writeState(
  session: Session,
  {
    stateDir,
    state: next,
  }: { stateDir: string; state: Pick<NodeState, "cluster" | "owner" | "generation" | "planned"> },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<NodeState> {
  const { cluster, owner, generation, planned } = next;
  const text = JSON.stringify({ schema: 1, cluster, owner, generation, boot: "@BOOT@", planned });
  const written = await state(session, stateDir, text, scripts, signal);
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
  write: string,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<NodeState | null> {
  const values = { PD_STATE: stateDir, PD_WRITE: write };
  const records = await ask(session, scripts, {
    script: write === "" ? ["proc", "state"] : ["proc", "gate", "fence", "state"],
    ...(write !== "" && { changes: ["state"] }),
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
