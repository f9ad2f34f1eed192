/** Marks of a line on which a program says what went wrong; shell and Python, vLLM's own prefix, vendor codes. */
const ERROR_LINE =
  /\b(?:[A-Z]\w*(?:Error|Exception|Interrupt)\b[:(]|Error:|error:|FATAL|panic:)|^(?:\([^)]*\)\s*)*(?:ERROR|CRITICAL)\b|\bE[IJ]\d{4}\b|\bERR\d{5}\b|command not found|No such file or directory|Permission denied/;

/** Lines that their writer itself does not call an error, whatever they name: vLLM warns of an OSError that may come one day. */
const MILDER = /^(?:\([^)]*\)\s*)*(?:DEBUG|INFO|WARNING)\b/;

/** Lines that name an error only to say that another one is meant, or that carry a frame of a traceback. */
const ECHO =
  /See root cause above|During handling of the above exception|The above exception was the direct cause|^\s+File "/;

/** The first line on which the service says what went wrong, verbatim, and the lines that follow it. */
export function firstError(lines: readonly string[], most = 10): readonly string[] {
  const at = lines.findIndex((line) => ERROR_LINE.test(line) && !MILDER.test(line) && !ECHO.test(line));
  if (at < 0) return [];
  return lines.slice(at, at + most).filter((line) => line.trim() !== "");
}
