import { createInterface } from "node:readline";
import type { Call } from "../edge/call.ts";
import type { Shown } from "./views.ts";

/**
 * Asks on a terminal, and takes anything but `y` or `yes` for no. Elsewhere the answer is `otherwise`, and that is said; `--yes` answers
 * everywhere. An interrupt rejects with the signal's reason.
 */
export async function confirm(
  { options, streams: { err } }: Call,
  view: Shown,
  question: string,
  otherwise: "yes" | "no",
  signal: AbortSignal,
): Promise<boolean> {
  if (options.yes === true) return true;
  if (process.stdin.isTTY !== true || !err.isTerminal) {
    if (options.quiet !== true) err.line(`· ${question} not a terminal: taken as ${otherwise}`);
    return otherwise === "yes";
  }
  const release = view.hold?.(`${question} [y/N] `) ?? aside(err.raw, `${question} [y/N] `);
  try {
    return /^y(?:es)?$/i.test((await line(signal)).trim());
  } finally {
    release();
  }
}

function aside(write: (text: string) => void, text: string): () => void {
  write(text);
  return () => undefined;
}

/** Without a terminal mode of its own: Ctrl-C stays a signal, and the terminal echoes what is typed. */
function line(signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input: process.stdin, terminal: false });
  return new Promise<string>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    reader.once("line", resolve);
    reader.once("close", () => resolve("")); // the end of input is no yes
  }).finally(() => {
    reader.close();
    process.stdin.pause(); // else it would keep the process alive
  });
}
