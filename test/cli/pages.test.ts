import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { program } from "../../src/cli/program.ts";
import { proxies } from "../../src/proxies/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = (file: string) => readFileSync(join(root, file), "utf8");
const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && name !== "README.md");

const sorted = (names: readonly string[]) => names.toSorted((a, b) => a.localeCompare(b));

it("docs/README.md has a row for every page, once", () => {
  const rows = [...text("docs/README.md").matchAll(/^\| \[[^\]]+\]\(([^)]+)\)/gm)].map(([, page = ""]) => page);
  expect(sorted(rows)).toEqual(sorted(pages));
});

it("the README's table has every verb, once", () => {
  const rows = [...text("README.md").matchAll(/^\| ((?:`[a-z]+`(?:, )?)+) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`([a-z]+)`/g)].map(([, name = ""]) => name),
  );
  const verbs = program()
    .commands.map((command) => command.name())
    .filter((name) => name !== "help");
  expect(sorted(rows)).toEqual(sorted(verbs));
});

it("docs/proxies.md says of every kind which connectors it speaks to", () => {
  const rows = [...text("docs/proxies.md").matchAll(/^\| `([\w-]+)` \| [^|]+ \| ([^|]+) \|/gm)];
  const said = rows.map(([, kind = "", cell = ""]) => [kind, sorted([...new Set(cell.trim().split(/, /))])] as const);
  const known = Object.values(proxies).map(({ name, speaks }) => {
    const words = speaks.flatMap((spoken) => spoken.split(" ")).filter((word) => word !== "push");
    return [
      name,
      sorted([...new Set(name === "pdctl" ? words.filter((word) => word !== "layerwise") : words)]),
    ] as const;
  });
  expect(Object.fromEntries(said)).toEqual(Object.fromEntries(known));
});

it.each(["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/README.md", ...pages.map((page) => `docs/${page}`)])(
  "%s leads nowhere that is not there",
  (file) => {
    const links = [...text(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const dead = links.filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(file), link)));
    expect(dead).toEqual([]);
  },
);
