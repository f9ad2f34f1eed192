import { UserError } from "../../errors.ts";
import type { EventBody, FindingData, ResultData } from "../events.ts";
import { NodeErrors } from "./node-errors.ts";
import { since } from "./phase.ts";
import type { Run } from "./run.ts";

/** The last words of a verb: everything of its result but the verb's name and the time, which `verb` adds. */
export type Closing = Omit<ResultData, "verb" | "seconds">;

/** Ends a verb before its end. What was found is said already; this is what the closing block needs. */
export class Ended extends Error {
  override readonly name = "Ended";
  readonly closing: Closing;
  constructor(closing: Closing) {
    super(closing.verdict);
    this.closing = closing;
  }
}

/** What a verb says when the world, not its own course, ended it. */
export interface Endings {
  /** `is not up`; the reason is put after it. */
  readonly not: string;
  /** What is left running and how to go on, as far as the verb knows: asked when it was interrupted or an error came. */
  left(): Pick<Closing, "kept" | "next" | "nextWhy" | "state">;
  /** Nothing was started, for certain; without it nothing is said about that. */
  untouched?(): boolean;
}

/**
 * Runs a verb to its `result`, which is always the last event: its own closing, an early end, an interrupt, or errors of the
 * user's world (one finding per code). A bug has no result here: it goes up, and the edge writes it.
 */
export async function verb(run: Run, name: string, endings: Endings, work: () => Promise<Closing>): Promise<number> {
  const began = run.clock();
  const closing = await work().catch((error: unknown) => ended(error, run, endings));
  const level = closing.exit === 0 ? "info" : closing.exit === 5 ? "warning" : "error";
  run.emit({ type: "result", level, data: { verb: name, seconds: since(run, began), ...closing } });
  return closing.exit;
}

function ended(error: unknown, run: Run, endings: Endings): Closing {
  if (error instanceof Ended) return error.closing;
  if (run.signal.aborted)
    return { exit: interruptExit(run.signal), verdict: `${endings.not} · interrupted`, ...endings.left() };
  if (error instanceof UserError) return refused([error], "", run, endings);
  if (error instanceof NodeErrors)
    return refused(error.errors, `${error.of - error.errors.length} of ${error.of} nodes reached`, run, endings);
  throw error;
}

function refused(errors: readonly UserError[], text: string, run: Run, endings: Endings): Closing {
  for (const code of new Set(errors.map((one) => one.code))) {
    const same = errors.filter((one) => one.code === code);
    run.emit(finding(run.describe(same), code, same.length === 1 ? nodeOf(same[0]) : {}));
  }
  const exit = worst(errors.map((one) => run.exitOf(one)));
  const left = endings.left();
  const parts = [text, endings.untouched?.() === true ? "nothing was started" : ""].filter((part) => part !== "");
  return { exit, verdict: parts.length === 0 ? endings.not : `${endings.not} · ${parts.join(", ")}`, ...left };
}

function nodeOf(error: UserError | undefined): { node?: string } {
  const facts = error?.facts;
  return facts !== undefined && "node" in facts ? { node: facts.node } : {};
}

export function finding(
  data: FindingData,
  code?: string,
  at: Pick<EventBody, "phase" | "node" | "service"> = {},
): EventBody {
  return { type: "finding", level: "error", ...at, ...(code !== undefined && { code }), data };
}

/** When several codes apply: 130/143, 2, 3, 7, 4, 8, 1, 6, 5. Source: design.md §7. */
const PRECEDENCE = [130, 143, 2, 3, 7, 4, 8, 1, 6, 5, 0];
export const worst = (codes: readonly number[]) => PRECEDENCE.find((code) => codes.includes(code)) ?? 70;

/** The edge aborts with `{ signal: "SIGINT" | "SIGTERM" }` as the reason. */
function interruptExit({ reason }: AbortSignal): number {
  return typeof reason === "object" && reason !== null && "signal" in reason && reason.signal === "SIGTERM" ? 143 : 130;
}
