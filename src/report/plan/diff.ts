import { grouped } from "../../once.ts";
import type { FieldChange, PlanDiff, ServiceChange } from "../../plan/answers/answers.ts";
import type { Plan } from "../../plan/plan.ts";
import { folded } from "../../words/names.ts";
import { nextLines } from "../text/next.ts";
import { table } from "../text/table.ts";
import { cut } from "../text/width.ts";

export interface PlanDiffAsk {
  readonly before: Plan;
  readonly after: Plan;
  /** What the former plan was read from. */
  readonly other: string;
  /** Nothing is cut. */
  readonly full: boolean;
  /** The command that shows the whole. */
  readonly more: string;
}

const VALUE = 60;
const FIELDS = 12; // of one service, before the rest is counted
const SIGN = { added: "+", removed: "-", changed: "~" } as const;

/** What separates a plan from another one: services that come, go or change, each with its values; equal changes are one row. */
export function planDiff({ services, cluster }: PlanDiff, { before, after, other, full, more }: PlanDiffAsk): string[] {
  const head = `${after.cluster} · plan ${after.hash.slice(0, 8)}, against ${before.hash.slice(0, 8)} of ${other}`;
  if (services.length === 0 && cluster.length === 0) return [`✔ no difference: ${head}`];
  const shown = (kind: ServiceChange["kind"]) => services.filter((one) => one.kind === kind);
  const alike = (kind: ServiceChange["kind"]) => [
    ...grouped(shown(kind), (one) => (kind === "changed" ? JSON.stringify(one.fields) : "")).values(),
  ];
  const limited = (fields: readonly FieldChange[]) => (full ? fields : fields.slice(0, FIELDS));
  const rows = [
    ...(["removed", "added"] as const).flatMap((kind) =>
      alike(kind).map((group) => [
        `${SIGN[kind]} ${kind}`,
        folded(group.map(({ service }) => service)),
        `on ${folded([...new Set(group.map(({ node }) => node))])}`,
      ]),
    ),
    ...alike("changed").flatMap((group) => {
      const fields = group[0]?.fields ?? [];
      const lines = [
        ...limited(fields).map((field) => fieldText(field, full)),
        ...rest(fields.length - limited(fields).length),
      ];
      return lines.map((line, index) =>
        index === 0 ? ["~ changed", folded(group.map(({ service }) => service)), line] : ["", "", line],
      );
    }),
    ...[
      ...limited(cluster).map((field) => fieldText(field, full)),
      ...rest(cluster.length - limited(cluster).length),
    ].map((line, index) => (index === 0 ? ["~ cluster", after.cluster, line] : ["", "", line])),
  ];
  const counts = [
    `${shown("added").length} added`,
    `${shown("removed").length} removed`,
    `${shown("changed").length} changed`,
  ];
  return [head, "", ...table(rows, 2, [10, 19]), "", counts.join(", "), ...nextLines(full ? [] : [more])];
}

const rest = (left: number) => (left > 0 ? [`… ${left} more`] : []);

function fieldText({ field, before, after }: FieldChange, full: boolean): string {
  const value = (text: string) => (full ? text : cut(text, VALUE));
  if (before === null) return `${field} ${value(after ?? "")} is new`.replace("  ", " ");
  if (after === null) return `${field} ${value(before)} is gone`.replace("  ", " ");
  return `${field} ${value(before)} → ${value(after)}`;
}
