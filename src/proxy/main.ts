import { readFile } from "node:fs/promises";
import { logTo } from "./books/log.ts";
import type { ProxyConfig } from "./config.ts";
import { account } from "./flags/account.ts";
import { type ConfigFile, configOf, type Made } from "./flags/config-of.ts";
import type { Draft } from "./flags/draft.ts";
import { help } from "./flags/help.ts";
import { readFlags } from "./flags/index.ts";

const GRACE_MS = 5_000; // for streams to end after SIGTERM; the launcher's own grace is longer

const print = (text: string) => void process.stdout.write(text);
const say = (text: string) => void process.stderr.write(text);

/**
 * Runs the proxy until SIGTERM or SIGINT.
 * @param argv what follows the word `proxy`
 * @returns the exit code: 0 stopped when asked, or nothing wrong; 1 cannot listen; 2 flags, or a config, that are missing or wrong
 */
export async function proxyMain(argv: readonly string[]): Promise<number> {
  const draft = readFlags(argv);
  if (draft.mode === "help") {
    print(help());
    return 0;
  }
  const made = draft.faults.length > 0 ? draft : await makeConfig(draft);
  if ("faults" in made) return refuse(made.faults);
  for (const note of [...draft.notes, ...made.notes]) say(`note: ${note}\n`);
  if (draft.mode === "run") return run(made.config);
  print(
    draft.mode === "print" ? `${JSON.stringify(made.config, undefined, 2)}\n` : `${account(made.config).join("\n")}\n`,
  );
  return 0;
}

function refuse(faults: readonly string[]): number {
  for (const fault of faults) say(`✖ ${fault}\n`);
  say("  next    pdctl proxy --help\n");
  return 2;
}

async function makeConfig(draft: Draft): Promise<Made> {
  if (draft.file === undefined) return configOf(draft, undefined);
  const file = await load(draft.file);
  return "why" in file ? { faults: [`${draft.file}: ${file.why}`] } : configOf(draft, file);
}

async function load(name: string): Promise<ConfigFile | { readonly why: string }> {
  const words = (error: unknown) => (error instanceof Error ? error.message : String(error));
  let text: string;
  try {
    text = await readFile(name, "utf8");
  } catch (error) {
    return { why: `cannot read it: ${words(error)}` };
  }
  try {
    return { name, value: JSON.parse(text) };
  } catch (error) {
    return { why: `the file: not JSON: ${words(error)}` };
  }
}

async function run(config: ProxyConfig): Promise<number> {
  const { startProxy } = await import("./server.ts"); // help and checks load no client and no server
  const log = logTo((line) => void process.stderr.write(line));
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
  try {
    const proxy = await startProxy(config, { log });
    const count = (role: string) => config.targets.filter((target) => target.role === role).length;
    log.say(
      `listening on ${config.bind}:${proxy.port}, ${config.family}, ${count("prefill")} prefill, ${count("decode")} decode`,
    );
    log.say(`${await asked}: stopping`);
    await proxy.close(GRACE_MS);
    return 0;
  } catch (error) {
    log.say(
      `cannot listen on ${config.bind}:${config.port}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 1;
  }
}
