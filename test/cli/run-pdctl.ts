import { spawn } from "node:child_process";
import { pdctl } from "./terminal.ts";

export interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
  /** As a terminal shows them. */
  readonly lines: readonly string[];
}

export interface In {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets stdout as it comes, in pieces of any size, and may press ^C. */
  readonly hear?: (text: string, interrupt: () => void) => void;
}

/** pdctl with its streams in pipes and an environment of its own. */
export function run(words: readonly string[], { cwd = process.cwd(), env = {}, hear }: In = {}): Promise<Ended> {
  const clean = { PATH: process.env.PATH ?? "", HOME: cwd, LANG: "C.UTF-8", ...env };
  const child = spawn(process.execPath, [pdctl, ...words], { cwd, env: clean, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    hear?.(text, () => child.kill("SIGINT"));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exit) =>
      resolve({ exit, out, err, lines: (out + err).split("\n").filter((line) => line !== "") }),
    );
  });
}
