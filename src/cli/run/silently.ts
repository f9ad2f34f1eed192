import type { Run } from "../../cluster/run/run.ts";
import type { Call } from "../edge/call.ts";
import { interruption } from "../edge/signals.ts";
import { makeRun } from "./run.ts";

/** For verbs whose answer is one value: their events are not shown, Ctrl-C ends them at once. */
export async function silently<T>(
  { env, places }: Pick<Call, "env" | "places">,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const { signal, dispose } = interruption((exit) => process.exit(exit));
  try {
    return await work(await makeRun({ signal, env, home: places.home, show: () => undefined }));
  } catch (error) {
    throw signal.aborted ? signal.reason : error; // what broke because of the interrupt is not the news
  } finally {
    dispose();
  }
}
