import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { readState } from "./records.ts";
import type { Scripts } from "./scripts.ts";
import type { NodeState } from "./supervise.ts";

const ANSWER_MS = 20_000;

/** A cluster that a node knows of. With homes on one file system a node knows also of its neighbours' states. */
export interface FoundState {
  readonly stateDir: string;
  readonly state: NodeState;
  /** It is this node's own, since its boot. */
  readonly here: boolean;
}

/** Every state directory of this user that the node can know of; what is not pdctl's is left out. */
export async function find(session: Session, scripts: Scripts, signal: AbortSignal): Promise<readonly FoundState[]> {
  const records = await ask(session, scripts, {
    script: ["proc", "gate", "states", "find"],
    values: { PD_STATE: "/", PD_NAME: "" },
    deadlineMs: ANSWER_MS,
    signal,
  });
  return records.flatMap(([, stateDir = "", here, ...text]) => {
    const state = readState(text.join("\t"));
    return state === undefined ? [] : [{ stateDir, state, here: here === "1" }];
  });
}
