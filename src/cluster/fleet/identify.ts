import { UserError } from "../../errors.ts";
import { acceleratorScripts, type Machine, readMachine } from "../../facts/index.ts";
import type { Session } from "../../nodes/index.ts";
import { NodeErrors } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { Fleet } from "./fleet.ts";

const ANSWER_MS = 60_000; // a vendor's tool that hangs is given 8 s, and several may be there

/** Asks hosts that no topology knows yet what they are, all at once; in the order in which they were named. All of them, or all errors. */
export async function identify(hosts: readonly string[], run: Run): Promise<ReadonlyMap<string, Machine>> {
  const fleet = new Fleet(
    hosts.map((host) => ({ node: host, host, ssh: {} })),
    run,
  );
  try {
    await fleet.open();
    if (fleet.failed.length > 0) throw new NodeErrors(fleet.failed, hosts.length);
    return await fleet.all((session) => ask(session, run));
  } finally {
    await fleet.close();
  }
}

async function ask(session: Session, run: Run): Promise<Machine> {
  const answer = await session.call({
    script: acceleratorScripts.map((name) => run.templates[name] ?? "").join("\n"),
    values: {},
    deadlineMs: ANSWER_MS,
    signal: run.signal,
    what: "what it is",
  });
  const machine = readMachine(answer.stdout.toString("utf8"));
  if (machine !== undefined) return machine;
  const { exit, stderr } = answer;
  throw new UserError("node.command", { node: session.node, command: "what it is", exit, stderr });
}
