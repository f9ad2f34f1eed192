import { join } from "node:path";
import pty from "@lydell/node-pty";
import headless from "@xterm/headless";
import { execa } from "execa";
import { launcher } from "./launcher.ts";

const bin = join(import.meta.dirname, "../../bin/pdctl.js");
export const topologies = join(import.meta.dirname, "../../topologies");

/** The words after `pdctl`: a list, or one text that is cut at spaces. */
export type Words = string | readonly string[];

export interface RunOptions {
  /** Added to the launcher's environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the launcher's home. */
  readonly cwd?: string;
  readonly input?: string;
}

export interface Ended {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** A pdctl that runs. Its output is kept whole; `until` reads on from where it last matched. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Waits for output (both streams) that matches; fails with the output so far after `withinMs` or when pdctl ends first. */
  until(pattern: RegExp, options?: { readonly withinMs?: number }): Promise<RegExpExecArray>;
  /** SIGINT is what ^C sends. */
  kill(signal?: NodeJS.Signals): void;
  /** Everything so far, as it came. */
  output(): string;
  readonly ended: Promise<Ended>;
}

export interface Terminal extends Running {
  /** Keys: "\x03" is ^C, "\r" is Enter. */
  type(keys: string): void;
  /** What a person sees now: the rows of the screen, without trailing blanks. */
  screen(): string[];
}

/** Runs the built pdctl to its end, as the lab's launcher. Never rejects because of an exit code. */
export async function pdctl(words: Words, options: RunOptions = {}): Promise<Ended> {
  return start(words, options).ended;
}

/** Starts the built pdctl with pipes. Disposing kills it, if it still runs, and waits for its end. */
export function start(words: Words, { env = {}, cwd = launcher.home, input }: RunOptions = {}): Running {
  const began = performance.now();
  const child = execa(process.execPath, [bin, ...split(words)], {
    cwd,
    env: environment(env),
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  const heard = listening();
  child.stdout.on("data", (bytes: Buffer) => heard.add(bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => heard.add(bytes.toString()));
  const ended = child.then(({ exitCode, signal, stdout, stderr }) => {
    heard.end();
    return { code: exitCode, signal, stdout: String(stdout), stderr: String(stderr), ms: performance.now() - began };
  });
  return {
    pid: child.pid ?? 0,
    until: heard.until,
    output: heard.text,
    kill: (signal = "SIGTERM") => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Starts the built pdctl on a terminal of this size. */
export function startOnTerminal(
  words: Words,
  {
    env = {},
    cwd = launcher.home,
    cols = 100,
    rows = 30,
  }: RunOptions & { readonly cols?: number; readonly rows?: number } = {},
): Terminal {
  const began = performance.now();
  const child = pty.spawn(process.execPath, [bin, ...split(words)], {
    cols,
    rows,
    cwd,
    name: "xterm-256color",
    env: environment({ TERM: "xterm-256color", ...env }),
  });
  const screen = new headless.Terminal({ cols, rows, allowProposedApi: true });
  const heard = listening();
  child.onData((text) => screen.write(text, () => heard.add(text))); // heard once it can be seen
  const ended = new Promise<Ended>((resolve) => {
    child.onExit(({ exitCode, signal }) =>
      screen.write("", () => {
        heard.end();
        const ms = performance.now() - began;
        resolve({ code: exitCode, signal: signal ? String(signal) : undefined, stdout: heard.text(), stderr: "", ms });
      }),
    );
  });
  let alive = true;
  const kill = (signal: NodeJS.Signals = "SIGTERM") => {
    if (alive) child.kill(signal);
  };
  child.onExit(() => {
    alive = false;
  });
  return {
    pid: child.pid,
    until: heard.until,
    output: heard.text,
    type: (keys) => child.write(keys),
    screen: () =>
      Array.from(
        { length: rows },
        (_, row) => screen.buffer.active.getLine(screen.buffer.active.viewportY + row)?.translateToString(true) ?? "",
      ),
    kill,
    ended,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await ended;
    },
  };
}

const split = (words: Words) => (typeof words === "string" ? words.split(" ").filter((word) => word !== "") : words);

function environment(changes: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all = Object.entries({ ...launcher.environment(), ...changes });
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Output that grows, and those who wait for something in it. */
function listening() {
  let [text, read, over] = ["", 0, false];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  return {
    text: () => text,
    add: (more: string) => {
      text += more;
      wake();
    },
    end: () => {
      over = true;
      wake();
    },
    until: (pattern: RegExp, { withinMs = 20_000 }: { readonly withinMs?: number } = {}) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const fail = (why: string) =>
          done(() => reject(new Error(`${why} ${pattern}; the output so far:\n${text.slice(-4000)}`)));
        const timer = setTimeout(() => fail(`${withinMs} ms passed without`), withinMs);
        const done = (settle: () => void) => {
          clearTimeout(timer);
          waiting.delete(look);
          settle();
        };
        const look = () => {
          const found = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(text.slice(read));
          if (found !== null) {
            read += found.index + found[0].length;
            done(() => resolve(found));
          } else if (over) fail("pdctl ended without");
        };
        waiting.add(look);
        look();
      }),
  };
}
