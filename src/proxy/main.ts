import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { logTo } from "./books/log.ts";
import type { ProxyConfig } from "./config.ts";
import { readConfig } from "./read-config.ts";
import { startProxy } from "./server.ts";

const USAGE = "usage: pdctl proxy --config FILE\n";
const GRACE_MS = 5_000; // for streams to end after SIGTERM; the launcher's own grace is longer

/**
 * Runs the proxy until SIGTERM or SIGINT.
 * @param argv what follows the word `proxy`
 * @returns the exit code: 0 stopped when asked, 1 cannot listen, 2 usage, or a config that is missing or wrong
 */
export async function proxyMain(argv: readonly string[]): Promise<number> {
  const say = (text: string) => void process.stderr.write(text);
  const file = configFile(argv, say);
  if (file === undefined) {
    say(USAGE);
    return 2;
  }
  const config = await load(file, say);
  return config ? run(config) : 2;
}

function configFile(argv: readonly string[], say: (text: string) => void): string | undefined {
  try {
    return parseArgs({ args: [...argv], options: { config: { type: "string" } } }).values.config;
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n`); // an unknown option, or one without its value
    return undefined;
  }
}

async function load(file: string, say: (text: string) => void): Promise<ProxyConfig | undefined> {
  try {
    const config = readConfig(await readFile(file, "utf8"));
    if (!("faults" in config)) return config;
    for (const { at, why } of config.faults) say(`${file}: ${at}: ${why}\n`);
  } catch (error) {
    say(`${file}: cannot read it: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  return undefined;
}

async function run(config: ProxyConfig): Promise<number> {
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
