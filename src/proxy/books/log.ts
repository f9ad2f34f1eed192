/** Where the lines go; one line each, never a prompt, never a token of one, never a key. */
export interface Log {
  say(text: string): void;
  /** One JSON object of its own line, with the time. */
  request(line: object): void;
  failed(headers: Readonly<Record<string, string>>, what: { fault: string; error: unknown }): void;
}

export function logTo(write: (line: string) => void): Log {
  const say = (text: string) => write(`${new Date().toISOString()} ${text.replaceAll(/\s*[\r\n]+\s*/g, " ")}\n`);
  return {
    say,
    request: (line) => write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`),
    failed(headers, { fault, error }) {
      const places = Object.entries(headers).map(([name, value]) => `${name.replace(/^x-(pdctl-)?/, "")}=${value}`);
      const words =
        error instanceof Error ? (fault === "bug" ? (error.stack ?? error.message) : error.message) : String(error);
      say(`failed ${fault} ${places.join(" ")}: ${words}`);
    },
  };
}
