import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Names } from "./mask.ts";
import { type Page, pageOf } from "./metrics.ts";
import { listening, marked, type Process } from "./proc.ts";
import { type Reply, seenReply } from "./reply.ts";
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

export type Ports = { readonly [purpose: string]: readonly string[] };

/** Ports that the engine does not name: loopback connections between its own processes. */
const CHOSEN = "of the kernel's choice";
const MARK = "PDCTL_CONTRACT";

/** One server that runs, real or not: what it says, answers, listens on and leaves behind. */
export class Engine implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly side: number;
  readonly names: Names;
  readonly exit: Promise<Ended>;
  /** Nobody holds its output any more; children that it leaves behind do. */
  private readonly silent: Promise<void>;
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
    this.silent = new Promise((resolve) => this.child.once("close", () => resolve()));
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

  /** A completion that streams: when its first bytes are here, and all of it. */
  streams(body: unknown): { readonly begun: Promise<void>; readonly reply: Promise<Reply> } {
    const { promise: begun, resolve, reject } = withResolvers();
    const reply = (async (): Promise<Reply> => {
      const {
        status,
        headers,
        body: bytes,
      } = await fetch(`${this.url}/v1/completions`, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      });
      const [decoder, texts] = [new TextDecoder(), [] as string[]];
      for await (const chunk of bytes ?? []) {
        resolve();
        texts.push(decoder.decode(chunk, { stream: true }));
      }
      return { status, headers, text: texts.join("") };
    })();
    reply.catch(reject);
    return { begun, reply };
  }

  /** Over a connection of its own: vLLM closes an idle one after five seconds, also in the moment of a request. */
  async metrics(): Promise<Page> {
    return pageOf((await this.ask("GET", "/metrics", undefined, { headers: { connection: "close" } })).text);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its last words have been read, or somebody else may still write. */
  async heard(): Promise<void> {
    await Promise.race([this.silent, new Promise((resolve) => setTimeout(resolve, 1_000))]);
  }

  /** All of it that is there: the server and whatever it started. */
  processes(): readonly Process[] {
    return [...marked(this.mark)].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The addresses that are listened on, by what their port is for. */
  ports(): Ports {
    const names = listening(this.processes()).map(({ host, port }) => [this.known.get(port) ?? CHOSEN, host] as const);
    const purposes = sorted(names.map(([purpose]) => purpose));
    return Object.fromEntries(
      purposes.map((purpose) => [purpose, sorted(names.filter(([one]) => one === purpose).map(([, host]) => host))]),
    );
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

function withResolvers() {
  let [resolve, reject]: [() => void, (error: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<void>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Looks again until it holds. */
export async function until(what: string, withinMs: number, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + withinMs; !(await holds()); ) {
    if (performance.now() > end) throw new Error(`did not come true within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
