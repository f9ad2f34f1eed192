import type { DirectoryFact, Limits, ModelFact } from "./facts.ts";
import { count, fields, type Lines, split } from "./lines.ts";

const KIB = 1024;

/** What services started from this session inherit. `ulimit` counts in KiB. */
export function limits(lines: Lines): Limits {
  const [shm, memory] = [numbers(lines.one("shm")), numbers(lines.one("memory"))];
  const memlock = ulimit(lines.one("memlock"));
  return {
    ...(memlock !== undefined && { memlock }),
    ...(shm && { shm: { size: shm[0], free: shm[1] } }),
    ...(memory && { memory: { total: memory[0] * KIB, available: memory[1] * KIB } }),
  };
}

function ulimit(text: string | undefined): number | null | undefined {
  if (text === "unlimited") return null;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) * KIB : undefined;
}

function numbers(text: string | undefined): [number, number] | undefined {
  const [, first, second] = /^\s*(\d+)\s+(\d+)\s*$/.exec(text ?? "") ?? [];
  return first === undefined || second === undefined ? undefined : [Number(first), Number(second)];
}

/** `5600,28001-28032`, as the kernel writes its list. */
export const reserved = (text: string | undefined): readonly { first: number; last: number }[] =>
  [...(text ?? "").matchAll(/(\d+)(?:-(\d+))?/g)].map(([, first, last = first]) => ({
    first: Number(first),
    last: Number(last),
  }));

const names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/** Without the password that may stand in them. */
export function proxies(lines: Lines): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = lines.one(name);
      return value === undefined ? [] : [[name, value.replace(/\/\/[^/@]*@/, "//***@")]];
    }),
  );
}

export function model(lines: Lines): ModelFact | undefined {
  const [config, digest, indexDigest] = ["model-config", "model-digest", "model-index"].map(lines.one);
  if (config === undefined || digest === undefined) return undefined;
  return { config, digest, ...(indexDigest !== undefined && { indexDigest }), missing: lines.all("model-missing") };
}

export function directories(lines: Lines): Readonly<Record<string, DirectoryFact>> {
  return Object.fromEntries(
    lines.all("directory").map((line) => {
      const [exists, writable, inode = "", free, type = "", source = "", path = ""] = fields(line, 6);
      const fact = { exists: exists === "1", writable: writable === "1", inode, freeBytes: count(free), type, source };
      return [path, fact];
    }),
  );
}

/** `1 nixl`, `bridge vllm-dev`: the value first, as names may hold blanks. */
export const reversed = (lines: readonly string[]): readonly [string, string][] =>
  lines.map(split).map(([value, name]) => [name, value]);
