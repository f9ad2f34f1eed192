import { readFile } from "node:fs/promises";
import type { ProxyConfig } from "./config.ts";
import { account } from "./flags/account.ts";
import { type ConfigFile, configOf, type Made } from "./flags/config-of.ts";
import type { Draft } from "./flags/draft.ts";
import { help } from "./flags/help.ts";
import { readFlags } from "./flags/index.ts";

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
  if (draft.mode === "run") {
    const { serve } = await import("./serve.ts"); // help and checks load no client and no server
    return serve(made.config, () => makeConfig(draft));
  }
  if (draft.mode === "check") return check(made.config);
  print(`${JSON.stringify(made.config, undefined, 2)}\n`);
  return 0;
}

/** Also what the config names and does not hold: keys and certificates have to be there. */
async function check(config: ProxyConfig): Promise<number> {
  const { ConfigError, readSecrets } = await import("./secrets.ts");
  try {
    await readSecrets(config, process.env);
  } catch (error) {
    if (error instanceof ConfigError) return refuse(error.faults.map(({ at, why }) => `${at}: ${why}`));
    throw error;
  }
  print(`${account(config).join("\n")}\n`);
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
