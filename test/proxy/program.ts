import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

/** The proxy as a program of its own, as on a node: built once for a file of tests. */
export function program() {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pdctl-proxy-"));
    await build({
      entryPoints: [fileURLToPath(new URL("../../src/proxy/entry.ts", import.meta.url))],
      outfile: join(folder, "proxy.mjs"),
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" }, // undici is CommonJS
    });
  });
  afterAll(() => rm(folder, { recursive: true }));
  const place = (name: string) => join(folder, name);
  return {
    place,
    /** @returns the file */
    async write(value: unknown, name = `${Math.random()}.json`): Promise<string> {
      await writeFile(place(name), typeof value === "string" ? value : JSON.stringify(value));
      return place(name);
    },
    run: (...args: string[]) => run([place("proxy.mjs"), ...args]),
    /** With these variables beside its own. */
    runWith: (env: Readonly<Record<string, string>>, ...args: string[]) => run([place("proxy.mjs"), ...args], env),
  };
}

/** Runs it, and reads what it says. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, args, {
    cwd: "/",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  child.stderr.on("data", (chunk) => said.push(String(chunk)));
  const exit = once(child, "close").then(([code]: unknown[]) => code);
  return { child, exit, said: () => said.join("") };
}

interface Running {
  readonly child: ChildProcess;
  said(): string;
}

/** Waits until it has said such words. */
export async function says({ child, said }: Running, words: string | RegExp): Promise<void> {
  const has = () => (typeof words === "string" ? said().includes(words) : words.test(said()));
  while (!has()) await once(child.stderr ?? child, "data", { signal: AbortSignal.timeout(10_000) });
}

/** @returns the port that it listens on */
export async function saysListening(running: Running): Promise<number> {
  await says(running, /listening on \S+:\d+,/);
  return Number(/listening on \S+:(\d+),/.exec(running.said())?.[1]);
}

export const config = (targets: readonly object[], more: object = {}) => ({
  ...{
    bind: "127.0.0.1",
    port: 0,
    family: "shared-store",
    prefill_policy: "round_robin",
    decode_policy: "least_loaded",
  },
  ...{ max_concurrent: 8, targets, ...more },
});
