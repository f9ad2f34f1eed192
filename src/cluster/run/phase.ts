import type { Phase } from "../events.ts";
import type { Run } from "./run.ts";

/**
 * One phase of a verb: said when it begins, when it is done (with the one line that `work` returns), or when it failed.
 * An interrupted phase is neither: the last word on it is the verb's result.
 */
export async function phase<T extends { readonly text: string }>(
  run: Run,
  name: Phase,
  work: () => Promise<T>,
): Promise<T> {
  const began = run.clock();
  run.emit({ type: "phase", phase: name, level: "info", data: { state: "running" } });
  try {
    const result = await work();
    run.emit({
      type: "phase",
      phase: name,
      level: "info",
      data: { state: "done", seconds: since(run, began), text: result.text },
    });
    return result;
  } catch (error) {
    if (!run.signal.aborted)
      run.emit({ type: "phase", phase: name, level: "error", data: { state: "failed", seconds: since(run, began) } });
    throw error;
  }
}

/** Seconds with milliseconds, as events carry them. */
export const since = (run: Run, began: number) => Math.round(run.clock() - began) / 1000;
