/** Lines that look like vLLM's: process, level, time, source file. Warnings and tracebacks go to the same stream, as vLLM's logger does. */
export interface Log {
  info(where: string, text: string): void;
  warning(where: string, text: string): void;
  error(where: string, text: string): void;
  /** Without level and time: tracebacks, uvicorn's lines. */
  plain(text: string): void;
}

export function createLog(processName: string, now: () => Date = () => new Date()): Log {
  const prefix = `(${processName} pid=${process.pid}) `;
  const write = (text: string) =>
    process.stdout.write(
      text
        .split("\n")
        .map((line) => `${prefix}${line}\n`)
        .join(""),
    );
  const levelled = (level: string) => (where: string, text: string) => {
    write(`${level} ${stamp(now())} [${where}] ${text}`);
  };
  return {
    info: levelled("INFO"),
    warning: levelled("WARNING"),
    error: levelled("ERROR"),
    plain: (text) => void write(text),
  };
}

const two = (value: number) => String(value).padStart(2, "0");
const stamp = (at: Date) =>
  `${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
