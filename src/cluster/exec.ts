import { LEASE_S, lines } from "../supervise/index.ts";
import { Fleet } from "./fleet/fleet.ts";
import { NodeErrors, userError, whyOf } from "./run/node-errors.ts";
import type { Run } from "./run/run.ts";
import { theseOf } from "./standing/known.ts";
import type { Known } from "./standing/standing.ts";

export interface ExecAsk {
  /** None: all of them. */
  readonly nodes: readonly string[];
  /** One word is shell text. */
  readonly argv: readonly string[];
  readonly limitMs: number;
}

/** How the command ended on one node; `exit: null`: the node did not say, with the reason. */
export type Executed = { readonly node: string } & (
  | { readonly exit: number }
  | { readonly exit: null; readonly why: string }
);

export type Hear = (node: string, stream: "stdout" | "stderr", line: string) => void;

/** Runs a command on the nodes, all at once, and hands over its lines as they come. Throws only when no node could be asked. */
export async function exec(
  known: Known,
  { nodes, argv, limitMs }: ExecAsk,
  hear: Hear,
  run: Run,
): Promise<readonly Executed[]> {
  const asked = nodes.length === 0 ? known.nodes : theseOf(known, nodes);
  const fleet = new Fleet(asked, run);
  run.about(known.cluster, 0);
  try {
    const outcomes = await fleet.reach(async (session, node) => {
      const values = { PD_ARGV: argv, PD_SECONDS: String(Math.ceil(limitMs / 1000)), PD_LEASE_S: LEASE_S };
      const script = run.templates["cluster/exec"] ?? "";
      let exit: number | undefined;
      const stream = session.stream({
        ...{ script, values, signal: run.signal, what: "exec" },
        stderr: async (chunks) => {
          for await (const line of lines(chunks)) hear(node, "stderr", line);
        },
        ended: (status) => {
          exit = status;
        },
      });
      for await (const line of lines(stream)) hear(node, "stdout", line);
      return exit;
    });
    run.signal.throwIfAborted();
    if (fleet.reached.length === 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
    return outcomes.map((one): Executed => {
      if (!one.ok) return { node: one.node, exit: null, why: whyOf(userError(one.error)) };
      return one.value === undefined
        ? { node: one.node, exit: null, why: "it did not say how it ended" }
        : { node: one.node, exit: one.value };
    });
  } finally {
    await fleet.close();
  }
}
