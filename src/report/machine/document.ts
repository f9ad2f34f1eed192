import type { FindingData } from "../../cluster/events.ts";
import type { StatusReport } from "../../cluster/standing/standing.ts";
import type { Diagnostic } from "../../topology/rule.ts";
import type { Tally } from "../tally.ts";

/** The events of a run as one document: names and ids in full, seconds and bytes as numbers. */
export function runDocument({
  cluster,
  generation,
  services,
  nodes,
  findings,
  proof,
  bench,
  receipt,
  changes,
  orphans,
  result,
  verb,
}: Tally) {
  return {
    schema: "pdctl.result/1",
    cluster,
    generation,
    state: result?.state ?? "unknown",
    nodes: [...nodes].map(([node, { state }]) => ({ node, state })),
    services: [...services].map(([service, { state, node, progress }]) => ({
      service,
      node,
      state,
      ...(progress !== undefined && { progress }),
    })),
    findings: findings.map(({ data, ...about }) => ({ ...about, ...data })),
    ...(proof && { proof }),
    ...(bench && { bench }),
    ...(receipt && { receipt }),
    ...(changes && { changes }),
    ...(verb === "orphans" && { orphans }),
    result: result ?? { verb, exit: 70 },
  };
}

export function statusDocument(report: StatusReport, exit: number) {
  return { schema: "pdctl.result/1", ...report, findings: [], result: { verb: "status", exit, state: report.state } };
}

export interface ValidateResult {
  readonly file: string;
  readonly cluster: string | null;
  readonly findings: readonly Diagnostic[];
  readonly exit: number;
}

export function validateDocument({ file, cluster, findings, exit }: ValidateResult) {
  const of = (level: string) => findings.filter((found) => found.level === level).length;
  const result = { verb: "validate", exit, errors: of("error"), warnings: of("warning"), notes: of("note") };
  return { schema: "pdctl.result/1", file, cluster, findings, result };
}

export function errorDocument(error: {
  readonly code: string;
  readonly data: FindingData;
  readonly next?: readonly string[];
  readonly verb: string;
  readonly exit: number;
}) {
  const { code, data, verb, exit, next = [] } = error;
  return { schema: "pdctl.result/1", findings: [{ level: "error", code, ...data }], result: { verb, exit, next } };
}

/** Key order is fixed by the makers above; one newline at the end. */
export const asJson = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
