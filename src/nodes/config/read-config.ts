import { readdir, readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { glob } from "../known-hosts.ts";

/** A file of ssh_config as far as it says which of its lines count for whom. */
export interface ConfigFile {
  readonly path: string;
  readonly entries: readonly Entry[];
}

export type Entry =
  | { readonly kind: "host"; readonly line: number; readonly patterns: readonly string[] }
  | { readonly kind: "all" }
  | { readonly kind: "include"; readonly files: readonly ConfigFile[] }
  | { readonly kind: "set"; readonly keyword: string; readonly value: string };

const SYSTEM = "/etc/ssh";
const DEEPEST = 16;
/** Words that quotes, variables, tokens and wider globs would make mean something else than they look like. */
const PLAIN = /^[\w@.:/~*?!+,-]+$/;

/**
 * The files that ssh reads, in its order; undefined where it takes more than reading to know which lines count (`Match`,
 * canonical names, an Include with variables). What ssh says it has read is compared with this before anything is built on it.
 * Source: ssh_config(5), and readconf.c of OpenSSH 9.2.
 */
export async function readConfig(configFile: string | undefined): Promise<readonly ConfigFile[] | undefined> {
  const user = join(userInfo().homedir, ".ssh"); // of the user database: HOME is not asked by ssh
  const places =
    configFile === undefined
      ? [
          { path: join(user, "config"), home: user },
          { path: join(SYSTEM, "ssh_config"), home: SYSTEM },
        ]
      : [{ path: configFile, home: user }];
  const files: ConfigFile[] = [];
  for (const { path, home } of configFile === "none" ? [] : places) {
    const file = await readOne(path, home, 0);
    if (file === undefined) return undefined;
    if (file !== "absent") files.push(file);
  }
  return files;
}

/** @param home what a relative Include is relative to */
async function readOne(path: string, home: string, depth: number): Promise<ConfigFile | "absent" | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? "absent" : undefined; // ssh itself says what is wrong
  }
  const entries: Entry[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const entry = await entryOf(line, index + 1, home, depth);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return { path, entries };
}

async function entryOf(text: string, line: number, home: string, depth: number): Promise<Entry | undefined> {
  const [, word = "", value = ""] = /^([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)$/.exec(text) ?? [];
  const keyword = word.toLowerCase();
  if (keyword === "" || (keyword === "canonicalizehostname" && value !== "no")) return undefined;
  if (keyword === "match") return value === "all" ? { kind: "all" } : undefined;
  if (keyword !== "host" && keyword !== "include") return { kind: "set", keyword, value };
  const words = value.split(/\s+/);
  if (!words.every((one) => PLAIN.test(one))) return undefined;
  if (keyword === "host") return { kind: "host", line, patterns: words };
  const files = depth < DEEPEST ? await included(words, home, depth + 1) : undefined;
  return files && { kind: "include", files };
}

async function included(words: readonly string[], home: string, depth: number): Promise<ConfigFile[] | undefined> {
  const files: ConfigFile[] = [];
  for (const word of words) {
    const path = word.startsWith("~/") ? join(userInfo().homedir, word.slice(2)) : word;
    const paths = path.startsWith("~") ? undefined : await expanded(path.startsWith("/") ? path : join(home, path));
    if (paths === undefined) return undefined;
    for (const one of paths) {
      const file = await readOne(one, home, depth);
      if (file === undefined) return undefined;
      if (file !== "absent") files.push(file);
    }
  }
  return files;
}

/** Wildcards of the last part of a path. */
async function expanded(path: string): Promise<string[] | undefined> {
  const [directory, last] = [dirname(path), basename(path)];
  if (/[*?]/.test(directory)) return undefined;
  if (!/[*?]/.test(last)) return [path];
  const names = await readdir(directory).catch(() => []); // not there, or not ours to list: then ssh finds none either
  const fits = glob(last);
  return names
    .filter((name) => fits.test(name) && !name.startsWith("."))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => join(directory, name));
}
