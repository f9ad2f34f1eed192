import type { Case, Section } from "./case.ts";
import type { Known } from "./compare.ts";
import type { Seen } from "./seen.ts";

/** A case as both engines went through it. */
export interface Row {
  readonly section: Section<never>;
  readonly one: Case<never>;
  readonly real: Seen;
  readonly known: readonly Known[];
}

const HEAD = `# The stand-in against real vLLM

\`pdctl sim\` plays \`vllm serve\` in rehearsals and tests. Every row below was done to real vLLM on a CPU, and is done to the stand-in with every \`npm test\`;
what is seen (status, body, headers, events of a stream, counters, ports, exit codes) is compared place by place. Words of the model, identifiers, times and
ports of the run are left out of the comparison. "=" means that no place differs.

- \`npm run record:contract\` does all rows to real vLLM and writes \`test/real/contract/fixtures\`; \`npm run test:real\` compares it with them.
- \`UPDATE_GOLDEN=1 npx vitest run --project unit test/sim/contract.test.ts\` writes this page.
`;

/** The page: what was compared, section by section, and every difference that is left with its reason. */
export function page(rows: readonly Row[], engine: string): string {
  const sections = [...new Set(rows.map(({ section }) => section))];
  const different = rows.filter(({ known }) => known.length > 0);
  const sum = `Recorded from ${engine}: ${rows.length} rows, ${rows.length - different.length} equal, ${different.length} with a difference that has a reason.`;
  return [HEAD, sum, ...sections.map((section) => table(section, rows)), ""].join("\n");
}

function table(section: Section<never>, rows: readonly Row[]): string {
  const mine = rows.filter((row) => row.section === section);
  return [
    `\n## ${section.title}\n`,
    "| what is done | real vLLM | stand-in |",
    "|---|---|---|",
    ...mine.map(({ one, real, known }) => `| ${cell(one.name)} | ${cell(summary(real))} | ${cell(standIn(known))} |`),
  ].join("\n");
}

/** The places that differ, by reason: what the stand-in has there. */
function standIn(known: readonly Known[]): string {
  if (known.length === 0) return "=";
  const reasons = [...new Set(known.map(({ why }) => why))];
  return reasons
    .map((why) => {
      const places = known.filter((one) => one.why === why);
      const [first] = places;
      const more = places.length > 1 ? ` and ${places.length - 1} more` : "";
      const where = first === undefined || first.at === "" ? "all of it" : `\`${first.at}\`${more}`;
      return `${where}: ${why}`;
    })
    .join("; ");
}

const LONGEST = 160;

/** What a reader wants to know of it first. */
function summary(seen: Seen): string {
  const text = told(seen);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 2)} …`;
}

function told(seen: Seen): string {
  if (!isMap(seen)) return JSON.stringify(seen) ?? "nothing";
  const { status, body, events, exit, complaint, moved, answer, end } = seen;
  if (complaint !== undefined) return `exit ${String(exit)}: ${String(complaint).split("\n").join(" ")}`;
  const counters = isMap(moved) ? `, ${Object.values(moved).map(count).join(" + ")} counters moved` : "";
  if (answer !== undefined)
    return `${answer === null ? "" : told(answer)}${end === undefined ? "" : `, then ${JSON.stringify(end)}`}${counters}`;
  if (end !== undefined) return JSON.stringify(seen);
  if (status === undefined) return JSON.stringify(seen);
  const error = isMap(body) && isMap(body.error) ? ` ${String(body.error.message).split("\n").join(" ")}` : "";
  const shown = isMap(body) && error === "" ? ` ${Object.keys(body).join(", ")}` : "";
  const streamed = Array.isArray(events) ? ` ${events.length} kinds of events` : "";
  const families = isMap(seen.families) ? ` ${Object.keys(seen.families).length} families` : "";
  return `${String(status)}${error}${shown}${streamed}${families}`;
}

const count = (seen: Seen): number => (isMap(seen) ? Object.keys(seen).length : 0);
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "‹").replaceAll(">", "›");
const isMap = (seen: Seen): seen is { readonly [key: string]: Seen } =>
  typeof seen === "object" && seen !== null && !Array.isArray(seen);
