import { appendFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../errors.ts";
import type { Answer, Call, Session, StreamAsk } from "../../nodes/session.ts";
import type { Run } from "../run/run.ts";
import { finding } from "../run/verb.ts";

const FENCED = 97; // of templates/supervise/fence.sh: another run holds the lock, or nobody

/** Under whose lock a verb changes things, and what of it is written down. */
export interface Warrant {
  readonly cluster: string;
  readonly verb: string;
  /** Hash of the plan that is carried out; of a verb without one, that of what runs. */
  readonly plan: string | null;
}

/**
 * The one door to every change on a node: it goes through only while this run holds the node's lock, and leaves a line with who, from
 * where, what, under which plan and with which result, in the node's state and in the launcher's `CLUSTER/audit.log`. No value of an argument or
 * a variable is in it.
 */
export function guarded(session: Session, warrant: Warrant, run: Run): Session {
  return {
    ...session,
    call: (ask) => (ask.changes === undefined ? session.call(ask) : change(session, ask, warrant, run)),
    stream: (ask) => (ask.changes === undefined ? session.stream(ask) : changing(session, ask, warrant, run)),
  };
}

/** Under the lock, and written down on the node by the script itself; `write`: here. */
function warranted(session: Session, ask: Pick<Call, "changes" | "values">, warrant: Warrant, run: Run) {
  const [does = "", ...what] = ask.changes ?? [];
  const line = { run: run.id, who: run.owner, verb: warrant.verb, plan: warrant.plan, does, what };
  const values = {
    PD_NAME: warrant.cluster,
    PD_FENCE: run.id,
    PD_AUDIT: JSON.stringify(line).slice(0, -1),
    ...ask.values,
  };
  const write = (result: string) => audit({ ...line, cluster: warrant.cluster, node: session.node, result }, run);
  const fenced = () => new UserError("lock.lost", { node: session.node, change: [does, ...what].join(" ") });
  return { values, write, fenced };
}

/** A change that says how far it is. It is done when its stream ends by itself. */
async function* changing(session: Session, ask: StreamAsk, warrant: Warrant, run: Run): AsyncGenerator<Buffer, void> {
  const { values, write, fenced } = warranted(session, ask, warrant, run);
  let result = "interrupted";
  try {
    yield* session.stream({ ...ask, values });
    result = "done";
  } catch (error) {
    const exit = error instanceof UserError && "exit" in error.facts ? error.facts.exit : undefined;
    if (error instanceof UserError)
      result = exit === FENCED ? "fenced" : exit === undefined ? error.code : `exit ${exit}`;
    throw exit === FENCED ? fenced() : error;
  } finally {
    await write(result);
  }
}

async function change(session: Session, ask: Call, warrant: Warrant, run: Run): Promise<Answer> {
  const { values, write, fenced } = warranted(session, ask, warrant, run);
  let answer: Answer;
  try {
    answer = await session.call({ ...ask, values });
  } catch (error) {
    await write(error instanceof UserError ? error.code : "interrupted");
    throw error;
  }
  await write(answer.exit === FENCED ? "fenced" : answer.exit === 0 ? "done" : `exit ${answer.exit}`);
  if (answer.exit !== FENCED) return answer;
  throw fenced();
}

/** A disk that is full here is no reason to leave a cluster half changed: it is said, once. */
const unwritten = new WeakSet<Run>();

async function audit(line: Readonly<Record<string, unknown>> & { readonly cluster: string }, run: Run): Promise<void> {
  const directory = path.join(run.stateHome, line.cluster);
  const file = path.join(directory, "audit.log");
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await appendFile(file, `${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`, { mode: 0o600 });
  } catch (error) {
    if (unwritten.has(run)) return;
    unwritten.add(run);
    const data = { title: `${file} was not written`, why: (error as Error).message };
    run.emit({ ...finding(data), level: "warning" });
  }
}
