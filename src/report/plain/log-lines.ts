import type { ClusterEvent } from "../../cluster/events.ts";

/** `prefill-0-0 │ …` is the engine's own line, `prefill-0-0 · …` is pdctl speaking. One service alone has no prefix. */
export function logLine(
  { service, data }: ClusterEvent & { type: "log" },
  alone: boolean,
): { readonly head: string; readonly line: string } {
  const sign = data.pdctl === true ? "·" : "│";
  const name = service ?? "pdctl";
  return { head: alone && data.pdctl !== true ? "" : `${name} ${sign} `, line: data.line };
}
