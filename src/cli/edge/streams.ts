import { type Ink, ink, redactor } from "../../report/text/ink.ts";
import type { Common } from "../usage/options.ts";

/** One of the two output streams, with the right ink for it. */
export interface Channel {
  readonly isTerminal: boolean;
  /** A terminal on which lines that stand can be replaced. */
  readonly redraws: boolean;
  readonly columns: number;
  readonly rows: number;
  ink(): Ink;
  line(text: string): void;
  lines(texts: readonly string[]): void;
  /** Text as it is, except for secrets; no newline is added. */
  raw(text: string): void;
}

export interface Streams {
  readonly out: Channel;
  readonly err: Channel;
  /** From now on these values are `***` in every output. */
  hide(values: readonly string[]): void;
  /** A text without them, for what goes into a file. */
  redacted(text: string): string;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Stream = Pick<NodeJS.WritableStream, "write" | "on"> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface StreamChoice {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Environment;
  readonly options: Pick<Common, "color" | "ascii">;
}

export function streams({ stdout, stderr, env, options }: StreamChoice): Streams {
  let hidden: readonly string[] = [];
  let redact = redactor(hidden);
  const ascii = options.ascii === true || needsAscii(env);
  const channel = (stream: Stream): Channel => {
    const isTerminal = stream.isTTY === true;
    const colour = coloured(isTerminal, env, options);
    const columns = () => (isTerminal ? stream.columns || 80 : Number.POSITIVE_INFINITY);
    const current = () => ink({ columns: columns(), ascii, colour, redact: (text) => redact(text) });
    stream.on("error", quietlyClosed);
    return {
      isTerminal,
      redraws: isTerminal && env.TERM !== "dumb",
      get columns() {
        return columns();
      },
      get rows() {
        return stream.rows || 24;
      },
      ink: current,
      line: (text) => void stream.write(`${current().line(text)}\n`),
      lines: (texts) => {
        const { line } = current();
        if (texts.length > 0) stream.write(texts.map((text) => `${line(text)}\n`).join(""));
      },
      raw: (text) => void stream.write(redact(text)),
    };
  };
  return {
    out: channel(stdout),
    err: channel(stderr),
    redacted: (text) => redact(text),
    hide(values) {
      hidden = [...new Set([...hidden, ...values])];
      redact = redactor(hidden);
    },
  };
}

/** A reader that has left (`| head`) wants no more, and no message about it. */
function quietlyClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

export function coloured(isTerminal: boolean, env: Environment, { color }: Pick<Common, "color">): boolean {
  if (!color || (env.NO_COLOR ?? "") !== "") return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return isTerminal && env.TERM !== "dumb";
}

/** Signs are ASCII where the locale is not UTF-8, and on terminals that have no such font. */
export function needsAscii(env: Environment): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return env.TERM === "dumb" || env.TERM === "linux" || !/utf-?8/i.test(locale);
}
