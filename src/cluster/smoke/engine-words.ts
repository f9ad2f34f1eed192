import type { Cause } from "../../diagnose/cause.ts";
import { causesOf, readLog } from "../../diagnose/index.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { tailOf } from "../fleet/tail.ts";
import type { Run } from "../run/run.ts";
import type { Written } from "./witness.ts";

/** What a decode engine has written about a transfer that went wrong. */
export interface Words {
  readonly service: string;
  readonly line: string;
  readonly cause: Cause | undefined;
}

const LINES = 200; // a request that failed a moment ago is in them
const ENGINES = 8; // more have nothing else to say

/** The first of the decode engines whose log says what went wrong; one with a known cause before the others. */
export async function engineWords(written: readonly Written[], fleet: Fleet, run: Run): Promise<Words | undefined> {
  const all = await Promise.all(
    written.slice(0, ENGINES).map(async ({ service, node, stateDir, parts }): Promise<readonly Words[]> => {
      const log = await tailOf(service, node, stateDir, LINES, fleet, run);
      const { cause, why } = readLog(log, causesOf(parts));
      const [line] = why;
      return line === undefined ? [] : [{ service, line, cause }];
    }),
  );
  const words = all.flat();
  return words.find(({ cause }) => cause !== undefined) ?? words[0];
}
