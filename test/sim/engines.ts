import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any;
  readonly headers: Headers;
}

/** Starts stand-ins from the one-file bundle, as a node does, and ends those that are left when the file's tests are over. */
export function engines() {
  const directory = mkdtempSync(join(tmpdir(), "pdctl-sim-"));
  const bundle = join(directory, "sim.mjs");
  const started: Engine[] = [];
  beforeAll(async () => {
    await build({
      absWorkingDir: root,
      entryPoints: ["src/sim/entry.ts"],
      bundle: true,
      platform: "node",
      target: "node20.18",
      format: "esm",
      outfile: bundle,
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
      logLevel: "silent",
    });
  });
  afterAll(async () => {
    await Promise.all(started.map((engine) => engine.kill()));
    rmSync(directory, { recursive: true });
  });
  return {
    directory,
    bundle,
    start(args: readonly string[], env: Record<string, string> = {}): Engine {
      const engine = new Engine(bundle, args, env);
      started.push(engine);
      return engine;
    },
  };
}

export class Engine {
  readonly child: ChildProcess;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly url: string;
  output = "";
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
  private readonly waiting = new Set<() => void>();

  constructor(bundle: string, args: readonly string[], env: Record<string, string>) {
    this.args = args;
    this.env = env;
    const port = args[args.indexOf("--port") + 1] ?? "8000";
    this.url = `http://127.0.0.1:${port}`;
    this.child = spawn(process.execPath, [bundle, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
        for (const look of [...this.waiting]) look();
      });
    }
    this.exit = new Promise((resolve) => this.child.once("close", (code, signal) => resolve({ code, signal })));
  }

  /** Resolves when the output holds the text; the engine's end or fifteen seconds are the other ways out. */
  async says(text: string): Promise<this> {
    const said = new Promise<void>((resolve) => {
      const look = () => {
        if (this.output.includes(text)) resolve();
      };
      this.waiting.add(look);
      look();
    });
    const ended = this.exit.then(({ code }) => {
      if (!this.output.includes(text)) throw new Error(`ended with ${code} before it said "${text}":\n${this.output}`);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`did not say "${text}":\n${this.output}`)), 15_000);
    });
    await Promise.race([said, ended, late]).finally(() => clearTimeout(timer));
    return this;
  }

  ready(): Promise<this> {
    return this.says("Application startup complete.");
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return answerOf(await fetch(this.url + path, { headers }));
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return answerOf(
      await fetch(this.url + path, {
        method: "POST",
        body: text,
        headers: { "content-type": "application/json", ...headers },
        ...(signal && { signal }),
      }),
    );
  }

  complete(body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post("/v1/completions", { model: "m", max_tokens: 8, ...body }, headers);
  }

  /** The sum of a metric over all ranks (or of one, or of one label) as /metrics shows it. */
  async metric(name: string, label = ""): Promise<number> {
    const { text } = await this.get("/metrics");
    const rows = text.split("\n").filter((line) => line.startsWith(`${name}{`) && line.includes(label));
    if (rows.length === 0) throw new Error(`no metric ${name} with ${label}`);
    return rows.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<{ code: number | null; signal: string | null }> {
    this.child.kill(signal);
    return this.exit;
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined, headers: response.headers };
}

// each worker of a test run has a window of its own; where in it another run begins is anybody's guess
const windowSize = 1_000;
const windowStart = 12_000 + (Number(process.env.VITEST_POOL_ID ?? 0) % 19) * windowSize;
let used = Math.floor(Math.random() * windowSize);

/** So many free ports in a row, below the kernel's own range. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    if (used + count > windowSize) used = 0;
    const first = windowStart + used;
    used += count;
    const free = await Promise.all(Array.from({ length: count }, (_, at) => isFree(first + at)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "0.0.0.0" }, () => server.close(() => resolve(true)));
  });
}

/** A prompt of so many tokens that no other prompt begins like. */
export const promptOf = (tokens: number, topic = "p"): string =>
  Array.from({ length: tokens }, (_, at) => `${topic}${at}`).join(" ");

/** Looks again until it holds. */
export async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
