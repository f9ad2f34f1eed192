import type { Facts } from "../../facts/index.ts";
import { codesOfFacts } from "../../plan/facts/judge.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Finding, Level } from "../../topology/rule.ts";
import { folded } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { Fleet } from "../fleet/fleet.ts";
import { gatherFacts } from "../fleet/gather.ts";
import { NodeErrors } from "../run/node-errors.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { type Closing, Ended, verb } from "../run/verb.ts";
import { knownOf } from "../standing/known.ts";
import { look } from "../standing/look.ts";
import type { UpAsk } from "../up/ask.ts";
import { judged } from "./judged.ts";
import { type Mending, mend, mendings } from "./mend.ts";
import { CHECKS, checkOf } from "./names.ts";
import { passed } from "./passed.ts";

export interface CheckVerbAsk extends Pick<UpAsk, "plan" | "file" | "skip" | "topology"> {
  /** Put right what pdctl can, after it was shown and agreed to. */
  readonly fix: boolean;
}

/** The check of `up` alone: whether this plan can run on these nodes now. Changes nothing, but for `fix`. */
export async function checkNodes(ask: CheckVerbAsk, run: Run): Promise<number> {
  const provisional = ask.plan([]).plan;
  run.about(provisional.cluster, 0);
  const fleet = new Fleet(
    provisional.nodes.map(({ name, host, ssh }) => ({ node: name, host, ssh })),
    run,
  );
  const left = () => ({ state: "unknown" as const, next: ["pdctl check"] });
  try {
    return await verb(run, "check", { not: "was not checked", left, untouched: () => true }, () =>
      examine(ask, provisional, fleet, run),
    );
  } finally {
    await fleet.close();
  }
}

async function examine(ask: CheckVerbAsk, provisional: Plan, fleet: Fleet, run: Run): Promise<Closing> {
  const counts = { services: provisional.services.length, engines: 0, nodes: provisional.nodes.length };
  run.emit({
    type: "start",
    level: "info",
    data: { verb: "check", version: run.version, plan: null, ...counts, file: ask.file },
  });
  await phase(run, "connect", async () => {
    await fleet.open();
    if (fleet.failed.length > 0) throw new NodeErrors(fleet.failed, counts.nodes);
    return { text: `${counts.nodes} of ${several(counts.nodes, "node")}` };
  });
  const seen = await checked(ask, provisional, fleet, run);
  if (!ask.fix) return told(seen, fleet, run);
  if (seen.mends.length === 0) return told(seen, fleet, run);
  const nodes = new Set(seen.mends.map(({ node }) => node)).size;
  for (const one of seen.mends) sayMending(one, run);
  if (
    !(await run.confirm(
      `Make ${seen.mends.length === 1 ? "this change" : `these ${seen.mends.length} changes`} on ${several(nodes, "node")}?`,
      "no",
    ))
  )
    throw new Ended({ ...closing(seen), exit: 8, verdict: "check: nothing was changed, the answer was no" });
  await mend(seen.mends, fleet, run);
  return told(await checked(ask, provisional, fleet, run), fleet, run);
}

interface Checked {
  readonly plan: Plan;
  readonly facts: readonly Facts[];
  readonly findings: readonly Finding[];
  /** Names of checks against which nothing speaks. */
  readonly clean: readonly string[];
  readonly mends: readonly Mending[];
}

async function checked(ask: CheckVerbAsk, provisional: Plan, fleet: Fleet, run: Run): Promise<Checked> {
  const facts = await gatherFacts(provisional, fleet, run);
  const { plan, findings: planned } = ask.plan(facts);
  const standing = await look(knownOf(plan, ask.file), fleet, run, { ready: false, beside: true });
  const found = await judged({ ...ask, plan, facts, standing }, fleet, run);
  const findings = [...planned.filter(({ level }) => level !== "note"), ...found];
  const speaks = new Set(findings.map(({ code }) => checkOf(code)));
  const asked = codesOfFacts(ask.topology);
  const clean = CHECKS.filter(([name, codes]) => !speaks.has(name) && codes.some((code) => asked.has(code))).map(
    ([name]) => name,
  );
  return { plan, facts, findings, clean, mends: mendings(findings, plan, facts) };
}

/** Every check with its result: what speaks against the plan, then what does not. */
function told(seen: Checked, fleet: Fleet, run: Run): Closing {
  const names = seen.plan.nodes.map(({ name }) => name);
  for (const { code, level, title, remedy, subject, also } of seen.findings) {
    const subjects = names.filter((name) =>
      [title, subject ?? "", ...also].some((text) => text.split(/[^\w.@-]+/).includes(name)),
    );
    const fix = seen.mends.some((one) => one.code === code && (subjects.length === 0 || subjects.includes(one.node)));
    const data = { check: checkOf(code), title: bare(title, subjects), do: remedy, subjects, ...(fix && { fix }) };
    run.emit({ type: "finding", phase: "check", level, code, data });
  }
  const users = new Set(seen.facts.map(({ bash, user }) => `bash ${bash}, user ${user}`));
  const login = { check: "login", title: [...users].join("; "), subjects: names };
  run.emit({ type: "finding", phase: "check", level: "info", data: login });
  for (const node of names) {
    const { kind, why } = fleet.session(node).transport;
    if (kind !== "openssh" || why === undefined) continue;
    const data = { check: "login", title: `by the system's ssh: ${why}`, subjects: [node] };
    run.emit({ type: "finding", phase: "check", level: "info", data });
  }
  for (const name of seen.clean) {
    const { nodes, text } = passed(name, seen.plan, seen.facts);
    const [code] = CHECKS.find(([one]) => one === name)?.[1] ?? [];
    const data = { check: name, title: text, subjects: nodes };
    run.emit({ type: "finding", phase: "check", level: "info", ...(code !== undefined && { code }), data });
  }
  return closing(seen);
}

/** The nodes stand in a column of their own. */
function bare(title: string, nodes: readonly string[]): string {
  const head = [folded(nodes), ...nodes].find((name) => name !== "" && title.startsWith(`${name} `));
  return head === undefined ? title : title.slice(head.length + 1);
}

const sayMending = ({ node, code, file, line }: Mending, run: Run) =>
  run.emit({
    type: "finding",
    phase: "check",
    level: "info",
    code,
    data: { mending: true, title: `${file}: ${line}`, subjects: [node] },
  });

function closing({ findings, clean, plan, mends }: Checked): Closing {
  const of = (level: Level) => findings.filter((one) => one.level === level).length;
  const counts = (["error", "warning", "note"] as const).flatMap((level) =>
    of(level) > 0 ? [several(of(level), level)] : [],
  );
  const refused = of("error") > 0;
  const fixable = new Set(mends.map(({ code }) => code)).size;
  const open = new Set(findings.map(({ code }) => code)).size;
  return {
    exit: refused ? 8 : 0,
    state: "unknown",
    verdict: `check: ${[...counts, `${clean.length + 1} passed`].join(", ")} on ${several(plan.nodes.length, "node")}`,
    next: [
      ...(fixable > 0 ? ["pdctl check --fix"] : []),
      ...(refused ? [`pdctl explain ${findings.find(({ level }) => level === "error")?.code}`] : ["pdctl up"]),
    ],
    ...(fixable > 0 && { nextWhy: { "pdctl check --fix": `${fixable} of ${open} can be fixed` } }),
  };
}
