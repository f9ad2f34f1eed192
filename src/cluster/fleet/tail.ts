import { logs } from "../../supervise/index.ts";
import type { Run } from "../run/run.ts";
import type { Fleet } from "./fleet.ts";

/** The last lines of a service's newest log, as they are; a line that is not ended yet counts. */
export async function tailOf(
  service: string,
  node: string,
  stateDir: string,
  lines: number,
  fleet: Fleet,
  run: Run,
): Promise<readonly string[]> {
  const parts: Buffer[] = [];
  const ask = { stateDir, services: [{ service }], tail: lines };
  for await (const { bytes } of logs(fleet.session(node), ask, fleet.scripts, run.signal)) parts.push(bytes);
  const all = Buffer.concat(parts).toString("utf8").split("\n");
  return all.filter((line) => line !== "");
}
