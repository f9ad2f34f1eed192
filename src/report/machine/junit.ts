import { verdict } from "../ending/closing.ts";
import { phaseText } from "../live/frame.ts";
import type { Found, Tally } from "../tally.ts";
import { card } from "../text/card.ts";

/** One verb's run: what it came to, and what was said off a terminal. */
export interface Suite {
  readonly state: Tally;
  readonly lines: readonly string[];
}

interface Case {
  readonly name: string;
  readonly seconds?: number;
  readonly failure?: { readonly title: string; readonly body: string };
  /** Unknown, or a bug: nobody can say that it failed. */
  readonly error?: string;
  readonly skipped?: true;
}

const TAIL = 50;

/** JUnit's XML of several runs, one test suite each; what is shown nowhere else is shown nowhere here. */
export function junit(suites: readonly Suite[], redact: (text: string) => string = (text) => text): string {
  const texts = suites.map((suite) => suiteText(suite, redact));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pdctl">\n${texts.join("")}</testsuites>\n`;
}

function suiteText({ state, lines }: Suite, redact: (text: string) => string): string {
  const cases = casesOf(state);
  const of = (key: "failure" | "error" | "skipped") => cases.filter((one) => one[key] !== undefined).length;
  const seconds = state.result?.seconds ?? 0;
  const head = {
    name: state.verb,
    tests: cases.length,
    failures: of("failure"),
    errors: of("error"),
    skipped: of("skipped"),
  };
  return [
    `  <testsuite ${attributes({ ...head, time: seconds, timestamp: new Date(state.startedAt).toISOString() })}>`,
    ...cases.map((one) => caseText(one, state, redact)),
    `    <system-out>${escaped(redact(lines.join("\n")))}</system-out>`,
    "  </testsuite>",
    "",
  ].join("\n");
}

function caseText(
  { name, seconds = 0, failure, error, skipped }: Case,
  { cluster, verb }: Tally,
  redact: (text: string) => string,
): string {
  const open = `    <testcase ${attributes({ classname: `${cluster}.${verb}`, name, time: seconds })}`;
  const inner = [
    ...(failure
      ? [`<failure ${attributes({ message: redact(failure.title) })}>${escaped(redact(failure.body))}</failure>`]
      : []),
    ...(error === undefined ? [] : [`<error ${attributes({ message: redact(error) })}/>`]),
    ...(skipped ? ["<skipped/>"] : []),
  ];
  return inner.length === 0 ? `${open}/>` : `${open}>${inner.join("")}</testcase>`;
}

function casesOf(state: Tally): readonly Case[] {
  const { result, findings } = state;
  const cases = [...phases(state), ...checks(state), ...services(state), ...proofs(state), ...nodes(state)];
  const told = cases.some(({ failure, error }) => failure !== undefined || error !== undefined);
  const loose = findings.filter((one) => one.level === "error");
  if (result === undefined) return [...cases, { name: "result", error: "it did not end" }];
  if (result.exit === 0 || told) return [...cases, { name: "result", seconds: result.seconds }];
  const failed = { title: verdict(result, state.cluster), body: loose.map(body).join("\n\n") };
  return [
    ...cases,
    {
      name: "result",
      seconds: result.seconds,
      ...(UNKNOWN.has(result.exit) ? { error: failed.title } : { failure: failed }),
    },
  ];
}

/** In part or unknown, a bug, interrupted: no verdict on the cluster. */
const UNKNOWN: ReadonlySet<number> = new Set([5, 70, 130, 143]);

const phases = (state: Tally): readonly Case[] =>
  [...state.phases].map(([name, row]): Case => {
    const mine = state.findings.filter((one) => one.phase === name && one.level === "error");
    const base = { name: `phase.${name}`, ...(row.seconds !== undefined && { seconds: row.seconds }) };
    if (row.state === "waiting") return { ...base, skipped: true };
    if (row.state === "failed" || (row.state === "running" && state.result?.exit !== 0))
      return mine.length > 0
        ? { ...base, failure: { title: mine[0]?.data.title ?? name, body: mine.map(body).join("\n\n") } }
        : { ...base, error: phaseText(state, name, row) || "it did not end" };
    return base;
  });

const checks = ({ findings }: Tally): readonly Case[] =>
  findings
    .filter((one) => one.phase === "check" && one.level !== "note" && one.data.mending !== true)
    .flatMap((one) => {
      const subjects = one.data.subjects?.length ? one.data.subjects : [one.node ?? "all"];
      return subjects.map((node) => ({
        name: `check.${one.code ?? one.data.check ?? "finding"}.${node}`,
        ...(one.level === "error" && { failure: { title: one.data.title, body: body(one) } }),
      }));
    });

const services = ({ services: all, findings }: Tally): readonly Case[] =>
  [...all].map(([id, row]): Case => {
    const own = findings.find((one) => one.service === id && one.level === "error");
    const base = { name: `service.${id}` };
    if (own !== undefined) return { ...base, failure: { title: own.data.title, body: body(own) } };
    if (row.state === "unknown") return { ...base, error: `${id} is unknown` };
    if (row.state === "died") return { ...base, failure: { title: `${id} died`, body: "" } };
    return row.state === "waiting" || row.state === "absent" ? { ...base, skipped: true } : base;
  });

/** What the proof showed; an endpoint that no request came to has a case of its own. */
const proofs = ({ proof }: Tally): readonly Case[] =>
  proof === undefined
    ? []
    : [
        proof.evidence === "none"
          ? { name: "smoke.kv", error: "no counter, log or store shows it" }
          : { name: "smoke.kv" },
        proof.same_answer
          ? { name: "smoke.answer" }
          : { name: "smoke.answer", failure: { title: `${proof.answers.join(" of ")} answers right`, body: "" } },
        ...proof.uncovered.map((id) => ({
          name: `smoke.${id}`,
          error: `${id} was never chosen in ${proof.requests} requests`,
        })),
      ];

const nodes = ({ receipt }: Tally): readonly Case[] =>
  (receipt?.nodes ?? []).map(({ node, processes, ports, sharedMemory, files }): Case => {
    const left = [processes, ports, sharedMemory, files];
    if (left.includes(null)) return { name: `down.${node}`, error: `${node} did not answer` };
    const names = ["processes", "ports", "shared memory", "files"];
    const text = left.flatMap((count, index) => (count === 0 ? [] : [`${names[index]}: ${count}`])).join(", ");
    return text === ""
      ? { name: `down.${node}` }
      : { name: `down.${node}`, failure: { title: `left on ${node}: ${text}`, body: "" } };
  });

const body = ({ data, level, code }: Found) =>
  [...card(data, { level, code }), ...(data.tail ?? []).slice(-TAIL)].join("\n");

const attributes = (all: Readonly<Record<string, string | number>>) =>
  Object.entries(all)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(" ");

/** Control characters have no place in XML, written out or not. */
const escaped = (text: string) =>
  text
    .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
