import { UserError } from "../errors.ts";
import { type Facts, gatherScript, readFacts } from "../facts/index.ts";
import type { Session } from "../nodes/index.ts";
import type { Plan } from "../plan/plan.ts";
import type { Fleet } from "./fleet.ts";
import type { Run } from "./run.ts";

const FACTS_MS = 20_000;

/** What a node is asked beside what every node is asked. */
interface Question {
  readonly paths: readonly string[];
  /** The node's own name, when its address is not in the topology. */
  readonly host: string;
  /** Interpreter whose packages tell versions; empty: not asked. */
  readonly python: string;
}

/** The facts of all nodes of a plan, one round trip each. All of them, or all errors. */
export async function gatherFacts(plan: Plan, fleet: Fleet, run: Run): Promise<readonly Facts[]> {
  const said = await fleet.all(
    (session, node) => gather(session, questionOf(plan, node), run),
    plan.nodes.map(({ name }) => name),
  );
  return [...said.values()];
}

function questionOf(plan: Plan, name: string): Question {
  const node = plan.nodes.find((one) => one.name === name);
  const paths = /^~?\//.test(plan.model.path) ? [plan.model.path] : [];
  const host = node === undefined || !node.ip.startsWith("<fact:") ? "" : node.host;
  return { paths, host, python: pythonOf(plan, name) };
}

/** Of the engines' virtual environment: it knows which vLLM they are. Elsewhere nobody is asked, as nobody knows which one it would be. */
function pythonOf({ services }: Plan, name: string): string {
  const engine = services.find(
    ({ node, kind, runtime }) => node === name && kind === "engine" && runtime.kind === "process",
  );
  const venv = engine?.env["VIRTUAL_ENV"];
  return typeof venv === "string" ? `${venv.replace(`<fact:home@${name}>`, "~")}/bin/python` : "";
}

export async function gather(session: Session, { paths, host, python }: Question, run: Run): Promise<Facts> {
  const sentMs = Date.now();
  const answer = await session.call({
    script: run.templates[gatherScript] ?? "",
    values: { PD_PATHS: paths, PD_HOST: host, PD_PYTHON: python },
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
