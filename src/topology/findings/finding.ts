import type { Finding, Mark, Path } from "../rule.ts";
import type { Code } from "./codes.ts";

interface Said {
  readonly mark?: Mark;
  readonly caret?: string;
  readonly remedy: string | readonly string[];
}

/** An error of the loader at a path of the topology. */
export const errorAt = (at: Path, code: Code, title: string, { remedy, ...said }: Said): Finding => ({
  code,
  level: "error",
  title,
  at,
  also: [],
  remedy: typeof remedy === "string" ? [remedy] : remedy,
  ...said,
});

/** `nodes[0].ssh.user`, `engine.args."a.b"`: as `--set` takes it. */
export const dotted = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = /^[A-Za-z0-9_-]+$/.test(step) ? step : JSON.stringify(step);
    return text === "" ? key : `${text}.${key}`;
  }, "");
