import { type ListrRenderer, ListrTaskEventType, type ListrTaskObject, ListrTaskState } from "listr2";
import { redraw } from "../../../report/live/view.ts";
import { padEnd } from "../../../report/text/width.ts";
import type { Channel } from "../../edge/streams.ts";

/** The demo's rows. On a terminal the step under way stands below them, until its first row takes its place. */
export class Rows {
  readonly #out: Channel;
  #running: readonly string[] = [];

  constructor(out: Channel) {
    this.#out = out;
  }

  running(step: string): void {
    this.clear();
    if (!this.#out.redraws) return;
    this.#running = [`→ ${padEnd(step, 10)}…`];
    this.#out.lines(this.#running);
  }

  lines(texts: readonly string[]): void {
    this.clear();
    this.#out.lines(texts);
  }

  clear(): void {
    if (this.#running.length > 0) this.#out.raw(redraw(this.#running, []));
    this.#running = [];
  }
}

type AnyTask = ListrTaskObject<unknown, typeof DemoRenderer, typeof DemoRenderer>;

/** What Listr tells of its tasks, as pdctl shows it: text that is replaced, nothing that turns or blinks. */
export class DemoRenderer implements ListrRenderer {
  static readonly nonTTY = true; // off a terminal finished rows are all that there is
  static rendererOptions: { readonly rows: Rows };
  static rendererTaskOptions: never;
  readonly #tasks: readonly AnyTask[];
  readonly #rows: Rows;

  constructor(tasks: AnyTask[], { rows }: typeof DemoRenderer.rendererOptions) {
    this.#tasks = tasks;
    this.#rows = rows;
  }

  render(): void {
    for (const task of this.#tasks)
      task.on(ListrTaskEventType.STATE, (state) => {
        if (state === ListrTaskState.STARTED) this.#rows.running(task.title ?? "");
      });
  }

  end(): void {
    this.#rows.clear();
  }
}
