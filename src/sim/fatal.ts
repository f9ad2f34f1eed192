/** Ends the process the way vLLM does: some lines on stderr, then this exit code. */
export class Fatal extends Error {
  readonly lines: readonly string[];
  readonly exit: number;
  constructor(lines: readonly string[], exit: number) {
    super(lines.at(-1) ?? "");
    this.lines = lines;
    this.exit = exit;
  }
}

/** What argparse says: usage line, then the complaint; exit code 2. */
export const usage = (complaint: string): Fatal => new Fatal(["usage: vllm serve [model_tag] [options]", complaint], 2);

/** A complaint about one flag's value, with argparse's head. */
export const badArgument = (flag: string, complaint: string): Fatal =>
  usage(`vllm serve: error: argument ${flag}: ${complaint}`);

/** A Python exception of the API server: traceback, exit code 1. `text` may have several lines. */
export const raised = (exception: string, text: string): Fatal =>
  new Fatal(["Traceback (most recent call last):", ...`${exception}: ${text}`.split("\n")], 1);

/** A pydantic validation error of one of vLLM's config classes. */
export const invalid = (config: string, complaint: string): Fatal =>
  raised(
    "pydantic_core._pydantic_core.ValidationError",
    `1 validation error for ${config}\n  Value error, ${complaint}`,
  );

/** The engine process failed while starting: its own error first, then the API server's generic one. Source: vllm-cpu.md §9. */
export const engineRaised = (exception: string, text: string): Fatal =>
  new Fatal(
    [
      "ERROR EngineCore failed to start.",
      "Traceback (most recent call last):",
      ...`${exception}: ${text}`.split("\n"),
      "Traceback (most recent call last):",
      "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
    ],
    1,
  );
