import type { Rank } from "../engine/ask.ts";
import { type Family, families, isNixl, NIXL, type Snapshot } from "../engine/counters.ts";

interface Shown {
  readonly labels: readonly string[];
  readonly values: Snapshot;
}

/** The page of /metrics: every family of vLLM's, its lines with `model_name` and, where ranks have their own, `engine`, the global rank. */
export function metricsPage(ranks: readonly Rank[], model: string, startedAt: number): string {
  const server: Shown = { labels: [`model_name="${escapeLabel(model)}"`], values: {} };
  const shown = ranks.map((rank) => ({ labels: [`engine="${rank.rank}"`, ...server.labels], values: rank.snapshot() }));
  const nixl = shown.some(({ values }) => values[NIXL] === 1);
  return families
    .filter((family) => nixl || !isNixl(family.name))
    .flatMap((family) => {
      const of = family.rank ? shown : [server];
      return [
        ...declared(family.name, family.type),
        ...of.flatMap((one) => linesOf(family, one)),
        ...born(family, of, startedAt),
      ];
    })
    .map((line) => `${line}\n`)
    .join("");
}

const declared = (name: string, type: string) => [`# HELP ${name} As vLLM has it.`, `# TYPE ${name} ${type}`];

function linesOf({ name, type, lines = [""], bounds = [] }: Family, { labels, values }: Shown): readonly string[] {
  if (type !== "histogram")
    return lines.map((own) => line(name, labels, own, values[own === "" ? name : `${name}{${own}}`]));
  return [
    ...bounds
      .map((bound) => `le="${bound}"`)
      .map((own) => line(`${name}_bucket`, labels, own, values[`${name}_bucket{${own}}`])),
    ...["count", "sum"].map((what) => line(`${name}_${what}`, labels, "", values[`${name}_${what}`])),
  ];
}

/** Since when something is counted. */
function born({ name, type, lines = [""] }: Family, of: readonly Shown[], startedAt: number): readonly string[] {
  if (type !== "counter" && type !== "histogram") return [];
  const metric = `${type === "counter" ? name.replace(/_total$/, "") : name}_created`;
  const rows = of.flatMap(({ labels }) => lines.map((own) => line(metric, labels, own, startedAt / 1000)));
  return [...declared(metric, "gauge"), ...rows];
}

/** Labels stand in the order of their letters, as the real page has them. */
function line(metric: string, labels: readonly string[], own: string, value = 0): string {
  const all = [...labels, ...(own === "" ? [] : [own])].sort((a, b) => (a < b ? -1 : 1));
  return `${metric}{${all.join(",")}} ${Number.isInteger(value) ? value.toFixed(1) : value}`;
}

const escapeLabel = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
