import type { EventBody } from "../../cluster/events.ts";
import type { StatusReport } from "../../cluster/standing/standing.ts";
import { naming } from "../../words/names.ts";

export interface StatusChange {
  /** `prefill-0-2 ready → died: NPU out of memory [device-memory]` */
  readonly text: string;
  readonly event: EventBody;
}

/** What is otherwise than it was, service by service, and the cluster last. */
export function statusChanges(before: StatusReport, after: StatusReport): readonly StatusChange[] {
  const known = new Map(before.services.map((row) => [row.service, row.state]));
  const shown = naming(after.services.map(({ service }) => service));
  const here = new Set(after.services.map(({ service }) => service));
  const gone = before.services
    .filter(({ service }) => !here.has(service))
    .map((row) => ({ ...row, state: "absent" as const, note: null, code: null }));
  const services = [...after.services, ...gone].flatMap(({ service, state, note, code, node }): StatusChange[] => {
    const from = known.get(service) ?? "absent";
    if (from === state) return [];
    const why = note === null ? "" : `: ${note}${code === null ? "" : ` [${code}]`}`;
    const level =
      state === "died" ? ("error" as const) : state === "unknown" ? ("warning" as const) : ("info" as const);
    const event = {
      type: "service",
      level,
      service,
      node,
      ...(code !== null && { code }),
      data: { state, from },
    } as const;
    return [{ text: `${shown(service)} ${from} → ${state}${why}`, event }];
  });
  if (before.state === after.state) return services;
  const title = `${after.cluster} ${before.state} → ${after.state}`;
  const level = after.state === "healthy" ? ("info" as const) : ("warning" as const);
  return [...services, { text: title, event: { type: "finding", level, data: { title } } }];
}
