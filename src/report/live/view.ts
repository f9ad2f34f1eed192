import type { ClusterEvent } from "../../cluster/events.ts";
import { type Tally, tally } from "../tally.ts";
import type { Ink } from "../text/ink.ts";
import { frame } from "./frame.ts";

/** Something that shows events as they come. */
export interface View {
  event(event: ClusterEvent): void;
  /** Leaves the screen as it shall stand; nothing is drawn afterwards. */
  close(): void;
}

export interface LiveView extends View {
  /** Writes a question under the frame and draws nothing more until it is released: then the question is drawn over. */
  hold(question: string): () => void;
}

export interface Screen {
  readonly begin: Tally;
  readonly write: (text: string) => void;
  readonly ink: () => Ink; // asked anew for each frame: the terminal's width may change
  readonly rows: () => number;
  readonly now: () => number;
}

const REDRAW_MS = 100;
const TICK_MS = 1000;

/**
 * The one frame on a terminal, redrawn in place at most ten times a second, and once a second for the times in it. No
 * cursor is hidden and no line wraps, so an end at any moment leaves a readable screen.
 */
export function liveView({ begin, write, ink, rows, now }: Screen): LiveView {
  let state: Tally = begin;
  let drawn: readonly string[] = [];
  let pending: NodeJS.Timeout | undefined;
  let drawnAt = 0;
  let held = false;

  const draw = () => {
    pending = undefined;
    if (held) return;
    drawnAt = now();
    const { line } = ink();
    const lines = frame(state, now(), Math.max(4, rows() - 1)).map(line);
    if (lines.length === drawn.length && lines.every((text, index) => text === drawn[index])) return;
    write(redraw(drawn, lines));
    drawn = lines;
  };
  const soon = () => {
    pending ??= setTimeout(draw, Math.max(0, REDRAW_MS - (now() - drawnAt)));
  };
  const tick = setInterval(soon, TICK_MS);

  return {
    event(event) {
      state = tally(state, event);
      soon();
    },
    hold(question) {
      draw();
      const text = ink().line(question);
      write(text.endsWith(" ") ? text : `${text} `);
      held = true;
      return () => {
        held = false;
        drawn = [...drawn, text]; // with what was typed behind it; the terminal has gone to the next line
        soon();
      };
    },
    close() {
      held = false;
      clearInterval(tick);
      clearTimeout(pending);
      draw();
    },
  };
}

/** Goes up to the first line that differs and writes from there on. */
export function redraw(before: readonly string[], after: readonly string[]): string {
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same++;
  const up = before.length - same;
  const text = after
    .slice(same)
    .map((line) => `${line}\x1b[K\n`)
    .join("");
  return `${up > 0 ? `\x1b[${up}F` : ""}${text}${after.length < before.length ? "\x1b[J" : ""}`;
}
