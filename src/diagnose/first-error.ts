/** Marks of a line on which a program says what went wrong; shell and Python, vLLM's own prefix, vendor codes. */
const ERROR_LINE =
  /\b(?:[A-Z]\w*(?:Error|Exception|Interrupt)\b[:(]|Error:|error:|FATAL|panic:)|^(?:\([^)]*\)\s*)*(?:ERROR|CRITICAL)\b|\bE[IJ]\d{4}\b|\bERR\d{5}\b|command not found|Unable to find image|Error response from daemon|No such file or directory|Permission denied/;

/** Lines that their writer itself does not call an error, whatever they name: vLLM warns of an OSError that may come one day. */
const MILDER = /^(?:\([^)]*\)\s*)*(?:DEBUG|INFO|WARNING)\b/;

/** Lines that name an error only to say that another one is meant, or that carry a frame of a traceback. */
const ECHO =
  /See root cause above|During handling of the above exception|The above exception was the direct cause|^\s+File "/;

/** The code of a traceback that throws an error: its text is yet to come. */
const RAISES = /^\s+raise\b/;

const TRACEBACK = /^Traceback \(most recent call last\):/;

/** Whether a line may say why a service ended: its writer does not call it less than an error, and it is no code. */
export const isError = (line: string): boolean => !MILDER.test(line) && !RAISES.test(bare(line));

/** The log from the first line on which the service says what went wrong, verbatim. */
export function firstError(lines: readonly string[], most = 10): readonly string[] {
  const at = lines.findIndex((line) => ERROR_LINE.test(line) && isError(line) && !ECHO.test(bare(line)));
  if (at < 0) return [];
  return lines.slice(at, at + most).filter((line) => line.trim() !== "");
}

/** What went wrong: the first error line and those behind it, or where that only opens a traceback, the exception at its end. */
export function errorWords(lines: readonly string[]): readonly string[] {
  const [first = "", ...rest] = firstError(lines, lines.length);
  const own = [first, ...rest.filter((line) => writer(line) === writer(first))];
  const opens = own.slice(0, 2).findIndex((line) => TRACEBACK.test(bare(line)));
  const from = own.findIndex((line, at) => at > opens && /^\S/.test(bare(line)));
  if (opens < 0 || from < 0) return firstError(lines);
  const ends = (line: string) => MILDER.test(line) || ECHO.test(bare(line)) || TRACEBACK.test(bare(line));
  const to = own.findIndex((line, at) => at > from && ends(line));
  return own.slice(from, to < 0 ? from + 10 : Math.min(to, from + 10));
}

/** A line without what vLLM's logger puts before it: process, level, time, place. */
export const bare = (line: string): string =>
  line.replace(/^(?=[([A-Z])(?:\([^)]*\)\s*)*(?:[A-Z]+ \d\d-\d\d [\d:]{8} \[[^\]]*\] ?)?/, "");

/** The process of a server that wrote a line, as vLLM names it; none for lines without a name. */
const writer = (line: string) => /^\([^)]*\)/.exec(line)?.[0];
