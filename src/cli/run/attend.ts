import type { ClusterEvent } from "../../cluster/events.ts";
import type { Run } from "../../cluster/run/run.ts";
import { leftAtOnce } from "../../report/ending/closing.ts";
import { begin, type Tally, tally } from "../../report/tally.ts";
import type { Call } from "../edge/call.ts";
import { exitOfThrown, facts, tellBug } from "../edge/edge.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { interruption } from "../edge/signals.ts";
import { makeRun } from "./run.ts";
import { type Showing, viewOf } from "./views.ts";

/** Attends a verb that emits events: shows them, turns Ctrl-C into the run's signal, and sees to it that `result` comes last. */
export async function attended(
  call: Call,
  work: (run: Run) => Promise<number>,
  showing: Showing = {},
): Promise<number> {
  const view = viewOf(call, showing);
  const recorder = showing.onSuite && new (await import("./suite.ts")).Recorder(call);
  let state: Tally = begin(call.verb);
  const { signal, dispose } = interruption((exit) => {
    view.close();
    call.streams.out.lines(leftAtOnce(state, exit, call.aim.command));
    process.exit(exit); // whatever still hangs shall not hold the user
  });
  const show = (told: ClusterEvent) => {
    const event = call.aim.event(told);
    state = tally(state, event);
    recorder?.event(event);
    view.event(event);
  };
  const asks: Run["confirm"] = async (question, otherwise = "yes") =>
    (await import("./confirm.ts")).confirm(call, view, question, otherwise, signal);
  const run = await makeRun({ signal, env: call.env, home: call.places.home, show, confirm: asks });
  const began = run.clock();
  const machine = call.options.ndjson === true || call.options.json === true;
  try {
    const exit = await work(run);
    return state.result?.exit ?? exit;
  } catch (error) {
    // nothing was begun: the edge shows it, as of any verb
    if (!machine && state.start === undefined) throw error;
    const exit = exitOfThrown(error);
    if (exit === EXIT.bug) tellBug(call.streams.err, error);
    await lastWords(run, call.verb, { error, exit, seconds: (run.clock() - began) / 1000 });
    return exit;
  } finally {
    view.close();
    dispose();
    view.end(state);
    if (recorder) showing.onSuite?.(recorder.suite);
  }
}

/** Also after an error that no verb has met, the last event is a result. */
async function lastWords(
  run: Run,
  verb: string,
  { error, exit, seconds }: { error: unknown; exit: number; seconds: number },
): Promise<void> {
  const { code, next = [], ...data } = await facts(error);
  const interrupted = exit >= 128 && exit !== EXIT.bug;
  if (!interrupted) run.emit({ type: "finding", level: "error", ...(code !== undefined && { code }), data });
  const verdict = interrupted ? "is not known to have ended · interrupted" : `is left as it is: ${verb} did not end`;
  run.emit({
    type: "result",
    level: "error",
    data: { verb, exit, state: "unknown", seconds, verdict, next: next.length > 0 ? next : ["pdctl status"] },
  });
}
