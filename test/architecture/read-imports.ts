import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync } from "rolldown/utils";

export const src = join(import.meta.dirname, "../../src");

export interface Import {
  readonly kind: "type" | "value" | "lazy";
  /** As written: `../plan/plan.ts`, `node:fs`, `zod`. */
  readonly from: string;
  /** What is taken from there; empty for `import "x"`, lazy imports and stars. */
  readonly names: readonly string[];
}

/** Every import and re-export of a file. Forms that the parser does not list are found by `unlisted`. */
export function importsOf(file: string, text: string): Import[] {
  const { staticImports, staticExports, dynamicImports } = parseSync(file, text).module;
  const kind = (entries: readonly { readonly isType: boolean }[]) =>
    entries.length > 0 && entries.every(({ isType }) => isType) ? "type" : "value"; // `import "x"` has no entries and binds
  const names = (entries: readonly { readonly importName: { readonly name: string | null } }[]) =>
    entries.flatMap(({ importName }) => importName.name ?? []);
  const named = staticImports.map(
    ({ moduleRequest, entries }) =>
      ({ kind: kind(entries), from: moduleRequest.value, names: names(entries) }) as const,
  );
  const again = staticExports.flatMap(({ entries }) => {
    const from = entries.find(({ moduleRequest }) => moduleRequest)?.moduleRequest?.value;
    return from === undefined ? [] : [{ kind: kind(entries), from, names: names(entries) } as const];
  });
  const lazy = dynamicImports.map(({ moduleRequest }) => {
    const quoted = text.slice(moduleRequest.start, moduleRequest.end);
    return { kind: "lazy", from: quoted.slice(1, -1), names: [] } as const;
  });
  return [...named, ...again, ...lazy];
}

/** Imports of our own files in forms that would slip past the table: `import("./x").T` as a type, `import x = require()`. */
export function unlisted(file: string, text: string): string[] {
  const lazy = new Set(parseSync(file, text).module.dynamicImports.map(({ start }) => start));
  const calls = [...text.matchAll(/\bimport\s*\(\s*["'`]\./g)].filter(({ index }) => !lazy.has(index));
  const assigned = [...text.matchAll(/\bimport\s+\w+\s*=\s*require\b/g)];
  return [...calls, ...assigned].map(({ index }) => `${file}:${text.slice(0, index).split("\n").length}`);
}

/** All sources, by their path below src/. */
export function sources(): Map<string, string> {
  const names = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return new Map(names.map((name) => [name, readFileSync(join(src, name), "utf8")]));
}

/** The path below src/ that a relative import means; undefined for packages and Node's own modules. */
export const target = (file: string, from: string) =>
  from.startsWith(".") ? posix.normalize(posix.join(posix.dirname(file), from)) : undefined;

/** The room of a path below src/: its first folder, or the file itself for errors.ts and quote.ts. */
export const roomOf = (path: string) => path.split("/")[0] ?? path;
