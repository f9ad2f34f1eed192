import type { Rank } from "../engine/ask.ts";
import { counters, gauges, histograms } from "../engine/counters.ts";

/** The page of /metrics: every value with `model_name` and `engine`, the global rank. */
export function metricsPage(ranks: readonly Rank[], model: string): string {
  const rows = ranks.flatMap((rank) =>
    Object.entries(rank.snapshot()).map(([key, value]) => ({ key, value, engine: String(rank.rank) })),
  );
  const lines: string[] = [];
  const write = (name: string, type: string, help: string, wanted: (metric: string) => boolean) => {
    if (!rows.some(({ key }) => wanted(key.replace(/\{.*$/s, "")))) return;
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { key, value, engine } of rows) {
      const [, metric = "", own = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(key) ?? [];
      if (!wanted(metric)) continue;
      const labels = [`engine="${engine}"`, `model_name="${escapeLabel(model)}"`, ...(own === "" ? [] : [own])].sort(
        (a, b) => (a < b ? -1 : 1),
      );
      lines.push(`${metric}{${labels.join(",")}} ${Number.isInteger(value) ? value.toFixed(1) : value}`);
    }
  };
  for (const name of gauges) write(name, "gauge", "State of the scheduler.", (metric) => metric === name);
  for (const name of counters) write(name, "counter", "Since the start.", (metric) => metric === name);
  for (const name of histograms) {
    const full = `vllm:${name}`;
    write(full, "histogram", "Since the start.", (metric) => metric === `${full}_sum` || metric === `${full}_count`);
    for (const { key, value, engine } of rows) {
      if (key === `${full}_count`)
        lines.push(
          `${full}_bucket{engine="${engine}",le="+Inf",model_name="${escapeLabel(model)}"} ${value.toFixed(1)}`,
        );
    }
  }
  return `${lines.join("\n")}\n`;
}

const escapeLabel = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
