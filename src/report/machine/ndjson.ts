import type { ClusterEvent } from "../../cluster/events.ts";

/** One event, one line, keys always in the same order. */
export function ndjson(event: ClusterEvent): string {
  const { schema, seq, time, run, generation, cluster, type, phase, node, service, level, code, data } = event;
  return `${JSON.stringify({ schema, seq, time, run, generation, cluster, type, phase, node, service, level, code, data })}\n`;
}
