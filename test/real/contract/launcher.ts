import type { Engine } from "./engine.ts";

/** What a case asks for; everything else is the same for both engines. */
export interface Wanted {
  readonly kv?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly moe?: boolean;
  readonly port?: number;
  readonly side?: number;
  readonly rank?: number;
  readonly rpc?: number;
}

/** A command line that is refused, before or while the engine starts. */
export interface Line {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A command line's end: exit code and what was complained about. */
export interface Refusal {
  readonly exit: number | null;
  readonly complaint: string;
}

/** Starts engines of one kind: the real one, or the stand-in. */
export interface Launcher {
  /** How long KV is kept for a reader that does not come: as short as heartbeats of this engine allow. */
  readonly leaseSeconds: number;
  /** How long counters are watched before they count as still. */
  readonly settleMs: number;
  /** Ports that nobody has, in a row. */
  ports(count: number): Promise<number>;
  serve(wanted: Wanted): Promise<Engine>;
  refusals(lines: readonly Line[]): Promise<ReadonlyMap<string, Refusal>>;
}

/** The arguments behind `vllm serve MODEL` that every engine of the contract has. */
export function commonArgs({ kv, args = [] }: Wanted, port: number): readonly string[] {
  return [
    ...["--served-model-name", "tiny", "--host", "127.0.0.1", "--port", String(port)],
    ...["--max-model-len", "1024", "--block-size", "32", "--enforce-eager", "--distributed-executor-backend", "uni"],
    ...(kv === undefined
      ? []
      : ["--kv-transfer-config", JSON.stringify({ kv_connector: "NixlConnector", kv_buffer_device: "cpu", ...kv })]),
    ...args,
  ];
}

/** A line with the engine's models, and a port that nobody has where it names none. */
export function wordsOf(
  { argv }: Line,
  { dense, moe }: { dense: string; moe: string },
  port: number,
): readonly string[] {
  const [first = "", ...rest] = argv.map((word) => (word === "MODEL" ? dense : word === "MOE" ? moe : word));
  return [first, ...(rest.includes("--port") ? [] : ["--port", String(port)]), ...rest];
}

/**
 * What the end of an output complains about. The parser's words begin behind "error:"; an exception is its last line in the first
 * traceback of the process that failed first. Source: vllm-cpu.md §9, last line.
 */
export function complaintOf(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.replace(/^\((\w+)( pid=\d+)?\) /, "").replace(/^ERROR \S+ \S+ \[\S+\] /, ""));
  const parser = lines.findIndex((line) => /^vllm( serve)?: error: /.test(line));
  if (parser >= 0) return essence(lines.slice(parser));
  const raised = lines.findIndex(
    (line) => /^[\w.]*(Error|Exception|Exit)(: |$)/.test(line) || line.startsWith("Fatal Python error: "),
  );
  return raised < 0 ? (lines.filter((line) => line !== "").at(-1) ?? "") : essence(lines.slice(raised));
}

/** The complaint and the lines that belong to it; pydantic's remarks on types and its links are left out. */
function essence(lines: readonly string[]): string {
  const [first = "", ...rest] = lines;
  const end = rest.findIndex(
    (line) => !/^( |[a-z_]+$)/.test(line) || line.startsWith("    For further") || /^\s+File "/.test(line),
  );
  return [first, ...rest.slice(0, end < 0 ? rest.length : end)]
    .map((line) => line.replace(/ \[type=.*$/, "").trimEnd())
    .join("\n");
}
