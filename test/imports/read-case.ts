import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { ImportOptions } from "../../src/cli/verbs/import/ask.ts";
import { askOf, importOptions } from "../../src/cli/verbs/import/ask.ts";
import { type Imported, importSetUp } from "../../src/imports/index.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { loadTopology } from "../../src/topology/index.ts";

export const root = join(import.meta.dirname, "cases");
export const cases = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** A folder: `args` (an option or a file on each line, # is a comment), the files, and what is expected of them. */
export function imported(name: string): Imported & { readonly inputs: readonly string[] } {
  const home = join(root, name);
  const words = lines(home, "args").flatMap((line) =>
    line.startsWith("--")
      ? [line.split(" ", 1)[0] ?? "", ...(line.includes(" ") ? [line.slice(line.indexOf(" ") + 1)] : [])]
      : [line],
  );
  const command = importOptions(new Command("import").argument("<file...>"));
  command.parse(words, { from: "user" });
  const options = command.opts<ImportOptions>();
  const roles = new Map((options.role ?? []).map((text) => text.split("=")).map(([role, file]) => [file, role]));
  const inputs = command.args.map((file) => {
    const role = roles.get(file);
    return {
      name: file,
      text: readFileSync(join(home, file), "utf8"),
      ...((role === "prefill" || role === "decode") && ({ role } as const)),
    };
  });
  return { ...importSetUp(inputs, askOf(options)), inputs: command.args };
}

export function lines(home: string, file: string): readonly string[] {
  const path = join(home, file);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The plan of a text, and all that was said about it: `error CODE title`. */
export function plannedOf(
  text: string | Uint8Array,
  file: string,
  read: (path: string) => Uint8Array | undefined,
  set: readonly string[] = [],
): { readonly plan: Plan | undefined; readonly said: readonly string[] } {
  const loaded = loadTopology(
    { file, read: (path) => (path === file ? Buffer.from(text) : read(path)) },
    { set, hosts: [] },
  );
  const planned = loaded.topology && plan(loaded.topology);
  const said = [...loaded.diagnostics, ...(planned?.findings ?? [])].filter(({ level }) => level !== "note");
  return { plan: planned?.plan, said: said.map(({ level, code, title }) => `${level} ${code} ${title}`) };
}
