import { UserError } from "../errors.ts";
import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import type { Scripts } from "./scripts.ts";
import type { Remains } from "./supervise.ts";

const ANSWER_MS = 30_000;

/** What the node still holds of the cluster. `files` is never empty before `forget`: the state directory itself is in it. */
export async function remains(
  session: Session,
  { stateDir }: { stateDir: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<Remains> {
  const records = await ask(session, scripts, {
    script: ["proc", "remains"],
    values: { PD_STATE: stateDir },
    deadlineMs: ANSWER_MS,
    signal,
  });
  const of = (kind: string) => records.filter(([first]) => first === kind);
  return {
    processes: of("process").map(([, pid, service = "", state, command = ""]) => {
      return { pid: Number(pid), service, command, stuck: state === "D" };
    }),
    ports: of("port").map(([, port]) => Number(port)),
    sharedMemory: of("shm").map(([, path = ""]) => path),
    files: of("file").map(([, path = ""]) => path),
    baseline: new Map(of("baseline").map(([, id = "", mib]) => [id, Number(mib)])),
  };
}

/** What `forget` is made of, also where the node does it by itself. */
export const FORGETTING = ["lease", "forget"] as const;

/** Removes the node's directory of the cluster and all it lists. Refuses while a process lives. Returns what could not be removed. */
export async function forget(
  session: Session,
  { stateDir }: { stateDir: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const records = await ask(session, scripts, {
    script: ["proc", "gate", "fence", ...FORGETTING],
    changes: ["forget"],
    values: { PD_STATE: stateDir },
    deadlineMs: ANSWER_MS,
    signal,
  });
  const alive = records.filter(([kind]) => kind === "alive").map(([, pid, service]) => `${service} (pid ${pid})`);
  if (alive.length > 0) {
    const why = `${alive.join(", ")} still lives, so its files stay`;
    throw new UserError("node.unfit", { node: session.node, why, remedy: "stop it first" });
  }
  return records.map(([, path = ""]) => path);
}
