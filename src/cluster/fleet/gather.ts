import { UserError } from "../../errors.ts";
import { type Facts, gatherScript, readFacts } from "../../facts/index.ts";
import type { Session } from "../../nodes/index.ts";
import { type Question, questions } from "../../plan/facts/questions.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Run } from "../run/run.ts";
import type { Fleet } from "./fleet.ts";

const FACTS_MS = 30_000; // a vendor's tool that hangs is given 8 s, a directory whose server is gone 5

/** The facts of all nodes of a plan, one round trip each. All of them, or all errors. */
export async function gatherFacts(plan: Plan, fleet: Fleet, run: Run): Promise<readonly Facts[]> {
  const asked = new Map(questions(plan).map((one) => [one.node, one]));
  const said = await fleet.all(
    (session, node) => gather(session, asked.get(node), run),
    plan.nodes.map(({ name }) => name),
  );
  return [...said.values()];
}

/** What one node says of itself; without a question only what every node is asked. */
export async function gather(session: Session, question: Question | undefined, run: Run): Promise<Facts> {
  const scripts = [...(question?.lists ?? []).map((name) => `gather/${name}`), gatherScript]; // the last one says that all was said
  const sentMs = Date.now();
  const answer = await session.call({
    script: scripts.map((name) => run.templates[name] ?? "").join("\n"),
    values: {
      PD_PATHS: question?.paths ?? [],
      PD_HOST: question?.host ?? "",
      PD_PYTHON: question?.python ?? "",
      PD_MODULES: question?.modules ?? [],
      PD_MODEL: question?.model ?? "",
      PD_DIRECTORIES: question?.directories ?? [],
      PD_CONTAINERS: question?.containers ?? [],
      PD_IMAGES: question?.images ?? [],
    },
    deadlineMs: FACTS_MS,
    signal: run.signal,
    what: "the facts",
  });
  const facts = readFacts(session.node, answer.stdout.toString("utf8"), { sentMs, gotMs: Date.now() });
  if (facts !== undefined) return facts;
  throw new UserError("node.command", {
    node: session.node,
    command: "the facts",
    exit: answer.exit,
    stderr: answer.stderr,
  });
}

/** Who listens on these ports of a node, as far as the login user may see: `port` → `python3 (pid 812, user li)`. */
export async function holders(
  session: Session,
  ports: readonly number[],
  run: Run,
): Promise<ReadonlyMap<number, string>> {
  const answer = await session.call({
    script: run.templates["gather/holders"] ?? "",
    values: { PD_PORTS: ports.map(String) },
    deadlineMs: FACTS_MS,
    signal: run.signal,
    what: "who holds a port",
  });
  const lines = answer.stdout
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [port, pid, user, ...command] = line.split(" ");
      return [Number(port), `${command.join(" ")} (pid ${pid}, user ${user})`];
    }),
  );
}
