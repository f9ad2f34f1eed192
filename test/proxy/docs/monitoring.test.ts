import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { openBooks } from "../../../src/proxy/books/books.ts";

const folder = join(import.meta.dirname, "../../../docs/monitoring");
const read = (name: string) => readFileSync(join(folder, name), "utf8");

const books = openBooks(() => [], { now: () => 0, policies: { prefill: "random", decode: "random" } });
books.close();
/** The name of every series, and its labels; `job` and `instance` are what Prometheus itself puts on them. */
const series = new Map<string, readonly string[]>();
for (const { name, type, labels } of books.describe()) {
  const own = [...labels, "job", "instance"];
  if (type !== "histogram") series.set(name, own);
  else for (const tail of ["_bucket", "_sum", "_count"]) series.set(`${name}${tail}`, [...own, "le"]);
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

describe("the dashboard and the alerts", () => {
  it.each(queries)("$title: $expr", ({ expr, says }) => {
    const names = [...expr.matchAll(/\b(?:pdctl_proxy|process)_\w+/g)].map(([name]) => name);
    expect(names).not.toEqual([]);
    const labels = new Set(names.flatMap((name) => series.get(name) ?? []));
    expect(names.filter((name) => !series.has(name))).toEqual([]);
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
    const matched = [...expr.matchAll(/(\w+)(?:=~|!=|!~|=)"/g)].map(([, label = ""]) => label);
    expect([...grouped, ...matched].filter((label) => !labels.has(label))).toEqual([]);
    const kept = grouped.length > 0 ? new Set(grouped) : labels;
    const shown = [...says.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label);
    expect(shown.filter((label) => !kept.has(label))).toEqual([]);
    expect([...expr].filter((char) => char === "(").length).toBe([...expr].filter((char) => char === ")").length);
  });

  it("leave no metric of the proxy unseen, but for what tells of no trouble", () => {
    const seen = new Set(
      queries.flatMap(({ expr }) => [...expr.matchAll(/\b(?:pdctl_proxy|process)_\w+/g)].map(([name]) => name)),
    );
    const unseen = books.describe().filter(({ name }) => !seen.has(name) && !seen.has(`${name}_bucket`));
    expect(unseen.map(({ name }) => name)).toEqual([
      "pdctl_proxy_instance_leaving",
      "pdctl_proxy_instance_inflight",
      "process_start_time_seconds",
      "pdctl_proxy_aborted_legs_total",
    ]);
  });
});
