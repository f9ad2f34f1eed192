import type { Readable } from "node:stream";
import { quote } from "../quote.ts";

/**
 * The only text that a login shell ever sees: one line without newline, `!` or inner quotes, so that any shell reads it the same.
 * bash -p takes over neither functions nor options from the environment, and reads no file of the user's; what it starts must not
 * find BASH_ENV and the options either. The script itself comes on stdin, because sshd drops the whole connection over a command of
 * more than 128 KiB (recipes.md §3); `read -N` takes exactly its bytes, where a character is one, so the rest of stdin is the
 * script's own input. No process is started for all that: on a node it would cost more than a login's round trip. Its first and last
 * line are the nonce: if a start-up file has eaten some of it, nothing runs and no sentinel is printed, instead of an empty success.
 */
const BOOT = [
  "unset BASH_ENV; export -n SHELLOPTS BASHOPTS",
  "l=${LC_ALL+x$LC_ALL}; LC_ALL=C; IFS= read -r -N $2 s; case $l in x*) LC_ALL=${l#x};; *) unset LC_ALL;; esac; unset l",
  'case $s in "#$1"*"#$1") printf "\\n%s\\n" "$1"; printf "\\n%s\\n" "$1" >&2; eval "$s";; *) exit 121;; esac',
].join("; ");
/** The exit status that says so. */
export const EATEN = 121;

export function bootCommand(nonce: string, scriptBytes: number): string {
  return `exec bash --noprofile --norc -p -c ${quote(BOOT)} pdctl ${nonce} ${scriptBytes}`;
}

/** Assignments, then the static script: data never meets code. */
export function withValues(
  script: string,
  values: Readonly<Record<string, string | readonly string[]>>,
  nonce: string,
): Buffer {
  return Buffer.from(`#${nonce}\nunset s\n${assigned(values)}${script}\n#${nonce}`);
}

/** One assignment per line; a list becomes an array. */
export const assigned = (values: Readonly<Record<string, string | readonly string[]>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === "string" ? quote(value) : `(${value.map(quote).join(" ")})`}\n`)
    .join("");

/** What follows the sentinel line: whatever start-up files of the login shell print comes before it. */
export async function* afterSentinel(stream: Readable, nonce: string, seen?: () => void): AsyncGenerator<Buffer, void> {
  const sentinel = Buffer.from(`\n${nonce}\n`);
  let before: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (before === undefined) {
      yield chunk;
      continue;
    }
    before = Buffer.concat([before, chunk]);
    const at = before.indexOf(sentinel);
    if (at < 0) continue;
    const rest = before.subarray(at + sentinel.length);
    before = undefined;
    seen?.();
    if (rest.length > 0) yield rest;
  }
}
