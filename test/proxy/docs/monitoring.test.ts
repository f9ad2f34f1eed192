import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { openBooks } from "../../../src/proxy/books/books.ts";
import { readQuery } from "./promql.ts";

const folder = join(import.meta.dirname, "../../../docs/monitoring");
const read = (name: string) => readFileSync(join(folder, name), "utf8");

const books = openBooks(() => [], { now: () => 0, policies: { prefill: "random", decode: "random" } });
books.close();
/** The name of every series, its labels, and whether it only counts up; `job` and `instance` are what Prometheus itself puts on them. */
const series = new Map<string, { readonly labels: readonly string[]; readonly counts: boolean }>();
for (const { name, type, labels: own } of books.describe()) {
  const labels = [...own, "job", "instance"];
  if (type !== "histogram") series.set(name, { labels, counts: type === "counter" });
  else
    for (const tail of ["_bucket", "_sum", "_count"])
      series.set(`${name}${tail}`, { labels: tail === "_bucket" ? [...labels, "le"] : labels, counts: true });
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

const panels: readonly Panel[] = JSON.parse(read("grafana.json")).panels;
const rules: Rules = parse(read("alerts.yaml"));
const queries = [
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      title,
      expr,
      says: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, "{{ $labels.$1 }}"),
    })),
  ),
  ...rules.groups.flatMap((group) =>
    group.rules.map(({ alert, expr, annotations }) => ({
      title: alert,
      expr,
      says: Object.values(annotations).join(" "),
    })),
  ),
];

const COUNTED = /^(rate|irate|increase)$/;

describe("the dashboard and the alerts", () => {
  it.each(queries)("$title: $expr", ({ expr, says }) => {
    const { errors, selectors, grouped, kept } = readQuery(expr);
    expect(errors).toEqual([]);
    expect(selectors).not.toEqual([]);
    expect(selectors.map(({ metric }) => metric).filter((metric) => !series.has(metric))).toEqual([]);
    const mine = (metric: string) => series.get(metric)?.labels ?? [];
    const foreign = selectors.flatMap(({ metric, labels }) => labels.filter((label) => !mine(metric).includes(label)));
    expect(foreign).toEqual([]);
    const labels = new Set(selectors.flatMap(({ metric }) => mine(metric)));
    expect(grouped.filter((label) => !labels.has(label))).toEqual([]);
    for (const { metric, over } of selectors) {
      const counts = series.get(metric)?.counts;
      expect(over !== undefined && COUNTED.test(over), `${metric} ${counts ? "counts up" : "goes up and down"}`).toBe(
        counts,
      );
    }
    if (expr.includes("histogram_quantile")) expect(grouped).toContain("le");
    const shown = [...says.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label);
    expect(shown.filter((label) => !(kept ?? [...labels]).includes(label))).toEqual([]);
  });

  it("a query that is none, or that asks for another label than its metric has, is seen", () => {
    expect(readQuery("sum by (role (pdctl_proxy_requests_total)").errors).not.toEqual([]);
    expect(readQuery('rate(a_total{b="c",d!~"e"}[5m]) / on (f) g')).toEqual({
      errors: [],
      selectors: [
        { metric: "a_total", labels: ["b", "d"], over: "rate" },
        { metric: "g", labels: [], over: undefined },
      ],
      grouped: ["f"],
      kept: undefined,
    });
  });

  it("leave no metric of the proxy unseen, but for what tells of no trouble", () => {
    const seen = new Set(queries.flatMap(({ expr }) => readQuery(expr).selectors.map(({ metric }) => metric)));
    const unseen = books.describe().filter(({ name }) => !seen.has(name) && !seen.has(`${name}_bucket`));
    expect(unseen.map(({ name }) => name)).toEqual([
      "pdctl_proxy_instance_leaving",
      "pdctl_proxy_instance_inflight",
      "process_start_time_seconds",
      "pdctl_proxy_aborted_legs_total",
    ]);
  });
});
