import type { Redirect, Simple, Statement, Word } from "./syntax.ts";
import { Cursor, readWord } from "./words.ts";

/**
 * A shell script as statements: commands with quotes, here-documents and line continuations, both forms of `for`, functions. What
 * branches is one statement of its own, since which way it goes is not known here.
 */
export function readScript(text: string, line = 1): readonly Statement[] {
  return new Reader(new Cursor(text, line)).list([]);
}

const CLOSES: Readonly<Record<string, string>> = {
  if: "fi",
  while: "done",
  until: "done",
  case: "esac",
  "{": "}",
  "[[": "]]",
};

interface Pending {
  readonly delimiter: string;
  readonly literal: boolean;
  readonly tabs: boolean;
  readonly give: (body: { text: string; line: number; literal: boolean }) => void;
}

class Reader {
  private readonly cursor: Cursor;
  private pending: Pending[] = [];
  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  list(ends: readonly string[]): readonly Statement[] {
    const found: Statement[] = [];
    for (;;) {
      this.gap();
      if (this.cursor.ended || ends.includes(this.peek())) return found;
      const before = this.cursor.at;
      const one = this.statement();
      if (one !== undefined) found.push(one);
      if (this.cursor.at === before) this.cursor.take(); // a stray sign: the next word is read as a command
    }
  }

  private statement(): Statement | undefined {
    const { cursor } = this;
    const line = cursor.line;
    const word = this.peek();
    if (word === "for") return this.loop(line);
    if (word === "function" || /^[\w-]+\(\)/.test(cursor.text.slice(cursor.at, cursor.at + 80)))
      return this.function(line);
    if (cursor.sees("((") || cursor.sees("(")) {
      cursor.take();
      cursor.until(")", "(");
      return { kind: "branch", word: "( … )", line, to: cursor.line };
    }
    const close = CLOSES[word];
    if (close !== undefined) {
      this.skip(word, close);
      return { kind: "branch", word, line, to: cursor.line };
    }
    const first = this.simple();
    if (first === undefined) return undefined;
    const piped: Simple[] = [];
    for (this.blank(); cursor.char === "|" && cursor.text[cursor.at + 1] !== "|"; this.blank()) {
      cursor.take(cursor.sees("|&") ? 2 : 1);
      const next = this.simple();
      if (next !== undefined) piped.push(next);
    }
    return { ...first, piped, to: cursor.line };
  }

  private simple(): Simple | undefined {
    const { cursor } = this;
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    this.blank();
    const line = cursor.line;
    for (;;) {
      this.blank();
      if (cursor.ended || "\n;|)".includes(cursor.char) || cursor.char === "#") break;
      if (cursor.char === "&" && !cursor.sees("&>")) break;
      const operator = /^(?:\d?>&\d|&>>?|\d?<<-?|\d?<<<|\d?>>|\d?>|\d?<(?!\())/.exec(
        cursor.text.slice(cursor.at, cursor.at + 4),
      )?.[0];
      if (operator !== undefined) redirects.push(this.redirect(operator));
      else {
        const word = readWord(cursor);
        if (word === undefined) break;
        if (word.parts.length > 0) words.push(word);
      }
    }
    if (words.length === 0 && redirects.length === 0) return undefined;
    return { kind: "simple", words, redirects, line, to: cursor.line, piped: [] };
  }

  private redirect(operator: string): Redirect {
    const { cursor } = this;
    cursor.take(operator.length);
    if (/&\d$/.test(operator)) return { operator, target: { parts: [], line: cursor.line } };
    this.blank();
    const target = readWord(cursor) ?? { parts: [], line: cursor.line };
    if (!/<<-?$/.test(operator)) return { operator, target };
    const delimiter = target.parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
    const redirect: { operator: string; target: Word; body?: { text: string; line: number; literal: boolean } } = {
      operator,
      target,
    };
    this.pending.push({
      delimiter,
      literal: target.parts.some(({ quoted }) => quoted),
      tabs: operator.endsWith("-"),
      give: (body) => {
        redirect.body = body;
      },
    });
    return redirect;
  }

  /** `for ((…)); do … done` and `for x in …; do … done`. */
  private loop(line: number): Statement {
    const { cursor } = this;
    cursor.take(3);
    this.blank();
    if (cursor.sees("((")) {
      cursor.take(2);
      const [first = "", condition = "", next = ""] = cursor.until("))").split(";");
      const body = this.body();
      return { kind: "count", first, while: condition, next, body, line, to: cursor.line };
    }
    const name = readWord(cursor);
    this.blank();
    const words: Word[] = [];
    if (this.peek() === "in") {
      cursor.take(2);
      for (this.blank(); !cursor.ended && !"\n;".includes(cursor.char); this.blank()) {
        const word = readWord(cursor);
        if (word === undefined) break;
        words.push(word);
      }
    }
    const body = this.body();
    const text = name?.parts.map((part) => (part.kind === "text" ? part.text : "")).join("") ?? "";
    return { kind: "each", name: text, words, body, line, to: cursor.line };
  }

  private body(): readonly Statement[] {
    this.gap();
    if (this.peek() === "do") this.cursor.take(2);
    const body = this.list(["done"]);
    this.cursor.take(4);
    return body;
  }

  private function(line: number): Statement {
    const { cursor } = this;
    if (this.peek() === "function") {
      cursor.take(8);
      this.blank();
    }
    const name = /^[\w-]+/.exec(cursor.text.slice(cursor.at, cursor.at + 80))?.[0] ?? "";
    cursor.take(name.length);
    this.blank();
    if (cursor.sees("()")) cursor.take(2);
    this.gap();
    cursor.take(1); // {
    const body = this.list(["}"]);
    cursor.take(1);
    return { kind: "function", name, body, line, to: cursor.line };
  }

  /** To the word that closes it; those of the same kind inside count. */
  private skip(open: string, close: string): void {
    const { cursor } = this;
    cursor.take(open.length);
    for (let depth = 1; depth > 0 && !cursor.ended; ) {
      this.gap();
      const word = this.peek();
      if (word === close) depth -= 1;
      else if (CLOSES[word] === close || (close === "done" && word === "for")) depth += 1;
      if (readWord(cursor) === undefined && !cursor.ended) cursor.take();
    }
  }

  private peek(): string {
    return /^[^\s;&|<>()'"$]+/.exec(this.cursor.text.slice(this.cursor.at, this.cursor.at + 200))?.[0] ?? "";
  }

  private blank(): void {
    const { cursor } = this;
    while (
      cursor.char === " " ||
      cursor.char === "\t" ||
      cursor.char === "\r" ||
      cursor.sees("\\\n") ||
      cursor.sees("\\\r\n")
    )
      cursor.take(cursor.char === "\\" ? (cursor.sees("\\\n") ? 2 : 3) : 1);
  }

  /** Blanks, separators, comments and the here-documents that begin behind a line's end. */
  private gap(): void {
    const { cursor } = this;
    for (;;) {
      this.blank();
      if (cursor.sees("#")) while (!cursor.ended && !cursor.sees("\n")) cursor.take();
      if (cursor.char === "\n") {
        cursor.take();
        this.documents();
      } else if (cursor.char !== "" && ";&|".includes(cursor.char)) cursor.take();
      else return;
    }
  }

  private documents(): void {
    const { cursor } = this;
    const due = this.pending;
    this.pending = [];
    for (const { delimiter, literal, tabs, give } of due) {
      const line = cursor.line;
      const rows: string[] = [];
      while (!cursor.ended) {
        const end = cursor.text.indexOf("\n", cursor.at);
        const row = cursor.take((end < 0 ? cursor.text.length : end + 1) - cursor.at).replace(/\r?\n$/, "");
        const bare = tabs ? row.replace(/^\t+/, "") : row;
        if (bare === delimiter) break;
        rows.push(bare);
      }
      give({ text: rows.map((row) => `${row}\n`).join(""), line, literal });
    }
  }
}
