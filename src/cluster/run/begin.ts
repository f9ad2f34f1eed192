import type { Standing } from "../standing/standing.ts";
import type { Run } from "./run.ts";

/** The first event of a verb over what runs: how much it is about. */
export function sayBegin(verb: string, services: Standing["services"], nodes: number, run: Run): void {
  const engines = services.filter(({ spec }) => spec.kind === "engine").length;
  const counts = { services: services.length, engines, nodes };
  run.emit({ type: "start", level: "info", data: { verb, version: run.version, plan: null, ...counts } });
}
