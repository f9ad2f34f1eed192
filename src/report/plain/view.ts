import type { ClusterEvent } from "../../cluster/events.ts";
import { duration } from "../../words/numbers.ts";
import type { View } from "../live/view.ts";
import type { Tally } from "../tally.ts";
import type { Ink } from "../text/ink.ts";
import { annotation } from "./annotations.ts";
import { flush, lined, type Plain, plain, silent } from "./lines.ts";

export interface Paper {
  readonly begin: Tally;
  readonly write: (text: string) => void;
  readonly ink: () => Ink;
  readonly now: () => number;
  /** Workflow commands for GitHub beside the lines. */
  readonly annotate: boolean;
  /** The result's line goes where the answer goes. */
  readonly answer: (line: string) => void;
}

const GATHER_MS = 300;
const SILENCE_MS = 30_000;
const LOOK_MS = 5_000;

/** One line per change; what happens together is said together, and silence is never longer than half a minute. */
export function plainView({ begin, write, ink, now, annotate, answer }: Paper): View {
  let before: Plain = silent(begin);
  let gathering: NodeJS.Timeout | undefined;
  const say = (lines: readonly string[]) => {
    const { line } = ink();
    if (lines.length > 0) write(lines.map((text) => `${line(text)}\n`).join(""));
  };
  const flushNow = () => {
    gathering = undefined;
    before = flush(before);
    say(before.lines);
  };
  const watch = setInterval(() => {
    const still = now() - before.saidAt;
    const running = [...before.state.phases].findLast(([, { state }]) => state === "running");
    if (running === undefined || before.saidAt === 0 || still < SILENCE_MS) return;
    const [phase, { since }] = running;
    say([lined(new Date(now()).toISOString(), phase, `under way for ${duration((now() - since) / 1000)}`)]);
    before = { ...before, saidAt: now() };
  }, LOOK_MS);

  return {
    event(event: ClusterEvent) {
      before = plain(before, event);
      if (event.type === "result" && before.lines.length > 0) {
        say(before.lines.slice(0, -1));
        answer(before.lines.at(-1) ?? "");
      } else say(before.lines);
      const note = annotate ? annotation(event) : undefined;
      if (note !== undefined) write(`${ink().raw(note)}\n`);
      if (before.waiting === undefined) clearTimeout(gathering);
      else gathering ??= setTimeout(flushNow, GATHER_MS);
      if (before.waiting === undefined) gathering = undefined;
    },
    close() {
      clearInterval(watch);
      clearTimeout(gathering);
      flushNow();
    },
  };
}
