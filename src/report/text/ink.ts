import { Chalk } from "chalk";
import { fitted, width } from "./width.ts";

/** How one stream shows pdctl's lines. Views write plain text with the signs of ux.md §2; everything else happens here. */
export interface Ink {
  /** Infinity in a pipe: nothing is cut there. */
  readonly columns: number;
  line(text: string): string;
  /** Text that is not pdctl's own (log lines): untouched except for secrets. */
  raw(text: string): string;
}

export interface InkChoice {
  readonly columns: number;
  readonly ascii: boolean;
  readonly colour: boolean;
  readonly redact: (text: string) => string;
}

export function ink({ columns, ascii, colour, redact }: InkChoice): Ink {
  const chalk = new Chalk({ level: colour ? 1 : 0 });
  const hues = { "✔": chalk.green, "✖": chalk.red, "⚠": chalk.yellow, "?": chalk.yellow };
  const isHued = (sign: string): sign is keyof typeof hues => sign in hues;
  const paint = (text: string) =>
    text
      .replace(/^(✔.*? {3,})(\d\S*(?: \d\d\S)?)$/, (_, row: string, past: string) => row + chalk.dim(past))
      .replace(/^( *)([✔✖⚠?])(?= )/u, (all, indent: string, sign: string) =>
        isHued(sign) ? indent + hues[sign](sign) : all,
      );
  return {
    columns,
    // redacted before it is cut: half a secret would not be recognised
    line: (text) => {
      const clean = redact(text).replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
      const shown = pasteable(clean, columns) ?? fitted(clean, columns);
      const painted = colour ? paint(shown) : shown;
      return ascii ? twins(painted) : painted;
    },
    raw: redact,
  };
}

const COMMANDS = /^(?: {2}next {4}| {10})(?=pdctl )(?!.*\S {3,}\S)/; // with what it does beside it, that is cut

/** Commands on a terminal that is too narrow for them: one on each line, and none is cut, or it could not be pasted. */
function pasteable(text: string, columns: number): string | undefined {
  const label = COMMANDS.exec(text)?.[0];
  if (label === undefined || width(text) <= columns) return undefined;
  return text.replaceAll(" · ", `\n${" ".repeat(label.length)}`);
}

const TWIN: Readonly<Record<string, string>> = {
  "✔": "v",
  "✖": "x",
  "⚠": "!",
  "→": ">",
  "·": ".",
  "│": "|",
  "×": "x",
  "…": "~",
  "–": "-",
};

/** Every sign is one column wide and so is its ASCII twin: both forms have the same columns. */
export const twins = (text: string) => text.replace(/[✔✖⚠→·│×…–]/gu, (sign) => TWIN[sign] ?? sign);

/** Shorter values cannot be told from other text: `up` refuses them. */
export const HIDDEN_FROM = 4;

/** Replaces every value with `***`, also where JSON has escaped it. */
export function redactor(values: readonly string[]): (text: string) => string {
  const needles = values
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), ...value.split("\n")])
    .filter((needle) => needle.length >= HIDDEN_FROM)
    .sort((a, b) => b.length - a.length);
  return needles.length === 0
    ? (text) => text
    : (text) => needles.reduce((clean, needle) => clean.replaceAll(needle, "***"), text);
}
