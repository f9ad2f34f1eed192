import type { Part, Word } from "./syntax.ts";

/** Reads characters and knows the line. */
export class Cursor {
  readonly text: string;
  at = 0;
  line: number;
  constructor(text: string, line: number) {
    this.text = text;
    this.line = line;
  }
  get char(): string {
    return this.text[this.at] ?? "";
  }
  get ended(): boolean {
    return this.at >= this.text.length;
  }
  sees(word: string): boolean {
    return this.text.startsWith(word, this.at);
  }
  take(count = 1): string {
    const taken = this.text.slice(this.at, this.at + count);
    this.at += count;
    this.line += taken.split("\n").length - 1;
    return taken;
  }
  /** Up to the closing text, which is taken too; nested pairs of `open` count. */
  until(close: string, open?: string): string {
    const start = this.at;
    let depth = 0;
    while (!this.ended) {
      if (open !== undefined && this.sees(open)) depth += 1;
      if (this.sees(close)) {
        if (depth === 0) break;
        depth -= 1;
      }
      this.take();
    }
    const inside = this.text.slice(start, this.at);
    this.take(close.length);
    return inside;
  }
}

const ENDS = " \t\n;&|<>()";

/** One word, quotes and expansions resolved into parts; undefined where none begins. */
export function readWord(cursor: Cursor): Word | undefined {
  const line = cursor.line;
  const parts: Part[] = [];
  let some = false;
  while (
    !cursor.ended &&
    (!ENDS.includes(cursor.char) ||
      cursor.sees("<(") ||
      (cursor.char === "(" && parts.length > 0 && cursor.text[cursor.at - 1] === "="))
  ) {
    if (cursor.sees("<(")) {
      parts.push({ kind: "text", text: cursor.take(2) + cursor.until(")", "("), line: cursor.line, quoted: false });
      continue;
    }
    some = true;
    if (parts.length > 0 && cursor.text[cursor.at - 1] === "=" && cursor.sees("(")) {
      parts.push({ kind: "text", text: cursor.take() + cursor.until(")", "("), line: cursor.line, quoted: true }); // an array
    } else if (cursor.sees("\\\n")) {
      cursor.take(2);
      if (parts.length === 0) break; // a continued line begins a new word
    } else if (cursor.char === "\\") {
      cursor.take();
      parts.push({ kind: "text", text: cursor.take(), line: cursor.line, quoted: true });
    } else if (cursor.char === "'") {
      cursor.take();
      lines(parts, cursor, cursor.until("'"));
    } else if (cursor.char === '"') {
      cursor.take();
      double(parts, cursor);
    } else if (cursor.char === "$" || cursor.char === "`") dollar(parts, cursor, false);
    else parts.push({ kind: "text", text: cursor.take(), line: cursor.line, quoted: false });
  }
  return some && parts.length === 0 ? { parts: [], line } : parts.length > 0 ? { parts, line } : undefined;
}

/** A quoted stretch as one part for each of its lines; the cursor stands behind it. */
function lines(parts: Part[], cursor: Cursor, text: string): void {
  const rows = text.split("\n");
  const first = cursor.line - rows.length + 1;
  rows.forEach((row, i) => {
    parts.push({ kind: "text", text: i < rows.length - 1 ? `${row}\n` : row, line: first + i, quoted: true });
  });
}

function double(parts: Part[], cursor: Cursor): void {
  parts.push({ kind: "text", text: "", line: cursor.line, quoted: true }); // "" is a word too
  while (!cursor.ended && cursor.char !== '"') {
    if (cursor.sees("\\\n")) cursor.take(2);
    else if (cursor.char === "\\" && '$`"\\'.includes(cursor.text[cursor.at + 1] ?? "")) {
      cursor.take();
      parts.push({ kind: "text", text: cursor.take(), line: cursor.line, quoted: true });
    } else if (cursor.char === "$" || cursor.char === "`") dollar(parts, cursor, true);
    else {
      const line = cursor.line;
      parts.push({ kind: "text", text: cursor.take(), line, quoted: true });
    }
  }
  cursor.take();
}

function dollar(parts: Part[], cursor: Cursor, quoted: boolean): void {
  const line = cursor.line;
  if (cursor.char === "`") {
    cursor.take();
    parts.push({ kind: "command", text: cursor.until("`"), line, quoted });
  } else if (cursor.sees("$((")) {
    cursor.take(3);
    parts.push({ kind: "sum", text: cursor.until("))"), line, quoted });
  } else if (cursor.sees("$(")) {
    cursor.take(2);
    parts.push({ kind: "command", text: cursor.until(")", "("), line, quoted });
  } else if (cursor.sees("${")) {
    cursor.take(2);
    const [, name = "", rest = ""] = /^([#!]?\w+|[@*#?$!-])(.*)$/s.exec(cursor.until("}", "{")) ?? [];
    parts.push({ kind: "name", name, rest, line, quoted });
  } else {
    const name = /^\$(\w|[@*#?$!-])/.test(cursor.text.slice(cursor.at, cursor.at + 2))
      ? (/^(\d|[A-Za-z_]\w*|[@*#?$!-])/.exec(cursor.text.slice(cursor.at + 1))?.[0] ?? "")
      : "";
    cursor.take(1 + name.length);
    parts.push(
      name === "" ? { kind: "text", text: "$", line, quoted } : { kind: "name", name, rest: "", line, quoted },
    );
  }
}
