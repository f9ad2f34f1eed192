import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { masked, type Names } from "./mask.ts";
import { type Page, pageOf } from "./metrics.ts";
import { listening, marked, type Process } from "./proc.ts";
import { type Seen, sorted } from "./seen.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  /** The side channel of its first rank. */
  readonly side: number;
  readonly model: string;
  /** Its place in a group: the side channel is so much further. */
  readonly rank?: number;
  /** The port at which the ranks of a group meet. */
  readonly rpc?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const MARK = "PDCTL_CONTRACT";

/** One server that runs, real or not: what it says, answers, listens on and leaves behind. */
export class Engine implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly side: number;
  readonly names: Names;
  readonly exit: Promise<Ended>;
  output = "";
  private readonly child: ChildProcess;
  private readonly known: ReadonlyMap<number, string>;
  private readonly mark = `${MARK}=${randomUUID()}`;
  private ended: Ended | undefined;

  constructor({ file, args, env, port, side, model, rank = 0, rpc }: Command) {
    this.url = `http://127.0.0.1:${port}`;
    this.port = port;
    this.side = side;
    this.names = [
      [model, "<model>"],
      [String(port), "<http>"],
      [String(side), "<side>"],
    ];
    this.known = new Map([
      [port, "http"],
      [side + rank, rank === 0 ? "side channel" : `side channel + ${rank}`],
      ...(rpc === undefined ? [] : [[rpc, "rpc"] as const]),
    ]);
    this.child = spawn(file, args, {
      env: { ...env, [MARK]: this.mark.slice(MARK.length + 1) },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    this.exit = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("exit", (code, signal) => {
        this.ended = { code, signal };
        resolve(this.ended);
      });
    });
  }

  get over(): boolean {
    return this.ended !== undefined;
  }

  /** Healthy, or the reason why it will not be. */
  async ready(withinMs = 240_000): Promise<this> {
    await until(`${this.url} is healthy`, withinMs, async () => {
      if (this.over) throw new Error(`the engine ended before it was ready:\n${this.output.slice(-4000)}`);
      return (await this.health()) === "200";
    });
    return this;
  }

  /** The status of /health, or "refused". */
  async health(): Promise<string> {
    try {
      const reply = await fetch(`${this.url}/health`, { headers: { connection: "close" } });
      await reply.arrayBuffer();
      return String(reply.status);
    } catch {
      return "refused";
    }
  }

  async ask(method: string, path: string, body?: unknown, more: RequestInit = {}): Promise<Reply> {
    const reply = await fetch(this.url + path, {
      method,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(400_000), // the first logprobs on a CPU are compiled for minutes
      ...more,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...more.headers },
    });
    return { status: reply.status, headers: reply.headers, text: await reply.text() };
  }

  async metrics(): Promise<Page> {
    return pageOf((await this.ask("GET", "/metrics")).text);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** All of it that is there: the server and whatever it started. */
  processes(): readonly Process[] {
    return [...marked(this.mark)].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Ports by what they are for; those that the kernel chose are only told by address. */
  ports(): readonly string[] {
    const rows = listening(this.processes()).map(
      ({ host, port }) => `${this.known.get(port) ?? "of the kernel's choice"} on ${host}`,
    );
    return sorted(rows);
  }

  /** Whether the output has a line like each of these. */
  said(...patterns: readonly string[]): Seen {
    return Object.fromEntries(patterns.map((pattern) => [pattern, this.output.includes(pattern)]));
  }

  seen(reply: Reply): Seen {
    return seenReply(reply, this.names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.processes()) killed(pid); // also those that have left the group
    if (!this.over) await this.exit;
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Hop-by-hop headers and the clock are nobody's contract; a length is right or fetch fails. */
const dropped = new Set(["date", "connection", "keep-alive", "transfer-encoding", "content-length"]);

function seenReply({ status, headers, text }: Reply, names: Names): Seen {
  const kept = [...headers].filter(([name]) => !dropped.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const type = headers.get("content-type") ?? "";
  const body = type.includes("event-stream")
    ? { events: eventsOf(text, names) }
    : {
        body:
          type.includes("json") && text !== ""
            ? masked(withoutTemplate(JSON.parse(text)), names)
            : text.length > 0
              ? "<text>"
              : "",
      };
  return { status, headers: masked(Object.fromEntries(kept), names), ...body };
}

/** The events of a stream; those that are alike and follow each other are one, since the engine may put several tokens into one. */
function eventsOf(text: string, names: Names): readonly Seen[] {
  const events = text.split("\n\n").filter((event) => event !== "");
  const rows = events.map((event) => {
    const data = event.replace(/^data: /, "");
    return data.startsWith("{") ? masked(withoutProgress(withoutTemplate(JSON.parse(data))), names) : event;
  });
  return rows.filter((row, at) => at === 0 || JSON.stringify(row) !== JSON.stringify(rows[at - 1]));
}

/** A chat's prompt is as long as the model's template and tokenizer make it. */
function withoutTemplate(value: unknown): unknown {
  if (!isObject(value) || !/^chat\./.test(String(value.object)) || !isObject(value.usage)) return value;
  const usage = { ...value.usage, prompt_tokens: "<tokens>", total_tokens: "<tokens>" };
  const { kv_transfer_params: ticket } = value;
  return {
    ...value,
    usage,
    ...(isObject(ticket) && { kv_transfer_params: { ...ticket, remote_num_tokens: "<tokens>" } }),
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Usage inside a stream counts the tokens so far, and how many an event holds is chance. */
function withoutProgress(event: unknown): unknown {
  if (!isObject(event)) return event;
  const { usage, choices } = event;
  if (!Array.isArray(choices) || choices.length === 0 || !isObject(usage)) return event;
  return { ...event, usage: { ...usage, completion_tokens: "<so far>", total_tokens: "<so far>" } };
}

/** Looks again until it holds. */
export async function until(what: string, withinMs: number, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + withinMs; !(await holds()); ) {
    if (performance.now() > end) throw new Error(`did not come true within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
