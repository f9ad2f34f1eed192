import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const isClone = existsSync(join(root, ".git"));
const hasShellcheck = (process.env.PATH ?? "")
  .split(delimiter)
  .some((directory) => existsSync(join(directory, "shellcheck")));

/** All files that git keeps or would keep, with their text; a binary file counts as its bytes read as text. */
const files = isClone ? listed().map((name) => ({ name, text: readFileSync(join(root, name), "utf8") })) : [];
const ours = files.filter(({ name }) => name !== "package-lock.json" && name !== "LICENSE");
const code = ours.filter(({ name }) => /\.(ts|mjs|js|sh)$/.test(name));
const scripts = files.filter(({ name, text }) => name.endsWith(".sh") || /^#!.*\bbash\b/.test(text));

function listed(): string[] {
  const flags = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const names = execFileSync("git", ["-c", `safe.directory=${root}`, ...flags], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 24,
  });
  return names.split("\0").filter((name) => name !== "" && existsSync(join(root, name)));
}

/** `file:line: what was found` for every line that matches. */
const linesWith = (pattern: RegExp, among: readonly { readonly name: string; readonly text: string }[]) =>
  among.flatMap(({ name, text }) =>
    text.split("\n").flatMap((line, index) => {
      const found = pattern.exec(line);
      return found === null ? [] : [`${name}:${index + 1}: ${found[0]}`];
    }),
  );

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");

describe.skipIf(!isClone)("the repository", () => {
  it("has files to look at", () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it("speaks of no machine: neither the one where it was written nor the one where it is now", () => {
    const here = root.split("/").length > 2 ? [escaped(root)] : []; // a checkout right below / has too common a name
    expect(linesWith(new RegExp([...here, String.raw`(?<![\w.}])/work/\w`].join("|")), files)).toEqual([]);
  });

  it("names no package registry: whoever installs it has a registry already", () => {
    const configured = process.env.npm_config_registry;
    const here = configured === undefined ? [] : [escaped(new URL(configured).host)];
    const known = [
      String.raw`registry\.(npmjs|yarnpkg|npmmirror)`,
      "artifactor[y]",
      String.raw`\bjfrog\.i[o]`,
      String.raw`npm\.pkg\.githu[b]`,
    ];
    expect(linesWith(new RegExp([...here, ...known].join("|"), "i"), files)).toEqual([]);
  });

  it("keeps source files small enough to be read", () => {
    const long = code
      .filter(({ name }) => name.startsWith("src/"))
      .map(({ name, text }) => ({ name, lines: text.split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > 300)).toEqual([]);
  });

  it("leaves no note to itself", () => {
    expect(linesWith(/\b(TOD[O]|FIXM[E]|XX[X])\b/, code)).toEqual([]);
  });

  it("runs all of its tests: none is skipped without a reason that is computed, none runs alone", () => {
    expect(linesWith(/\b(it|test|describe)\.((only|todo|fails)\b|skip\(["'])/, code)).toEqual([]);
  });

  it("has shell scripts that bash can read", () => {
    expect(scripts.map(({ name }) => name)).toContain("test/hosts/lab.sh");
    for (const { name } of scripts) expect(problems("bash", ["-n", name]), name).toBe("");
  });

  // templates are given their variables and source what the node has: both cannot be followed from here
  it.skipIf(!hasShellcheck)(
    "has shell scripts that shellcheck finds nothing in (skipped where shellcheck is not installed)",
    () => {
      expect(
        problems("shellcheck", [
          "--shell=bash",
          "--severity=warning",
          "--exclude=SC1090,SC1091,SC2154",
          "--format=gcc",
          ...scripts.map(({ name }) => name),
        ]),
      ).toBe("");
    },
    60_000, // forty files are four seconds of work, five times that on a machine with other work
  );
});

/** What a checker prints, or nothing when it is content. */
function problems(command: string, args: readonly string[]): string {
  try {
    execFileSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return "";
  } catch (error) {
    if (error instanceof Error && "stdout" in error && "stderr" in error) return `${error.stdout}${error.stderr}`;
    throw error;
  }
}
