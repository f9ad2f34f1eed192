import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

export const pdctl = join(import.meta.dirname, "../../bin/pdctl.js");

export interface Sized {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A terminal with pdctl in it: what stands on its screen, what is typed into it, how it ended. */
export class Terminal {
  readonly exited: Promise<{ exitCode: number; signal?: number }>;
  raw = "";
  readonly #pty;
  readonly #screen;

  constructor(words: readonly string[], { columns = 100, rows = 30, env = {}, cwd = process.cwd() }: Sized = {}) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 500 });
    const clean = { PATH: process.env.PATH ?? "", HOME: cwd, LANG: "C.UTF-8", TERM: "xterm-256color", ...env };
    this.#pty = spawn(process.execPath, [pdctl, ...words], { cols: columns, rows, cwd, env: clean });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#screen.write(data);
    });
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(resolve);
    });
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  /** All lines so far, also those that have scrolled away, without the empty ones at the end. */
  async text(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#screen.write("", resolve));
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  }

  /** Looks again whenever something was written, until a line matches or the limit is over. */
  async until(pattern: RegExp, limitMs = 15_000): Promise<string[]> {
    const deadline = AbortSignal.timeout(limitMs);
    for (;;) {
      const lines = await this.text();
      if (lines.some((line) => pattern.test(line))) return lines;
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(new Error(`${pattern} did not come:\n${lines.join("\n")}`));
        if (deadline.aborted) late();
        deadline.addEventListener("abort", late, { once: true });
        const { dispose } = this.#pty.onData(() => {
          dispose();
          deadline.removeEventListener("abort", late);
          resolve();
        });
      });
    }
  }
}
