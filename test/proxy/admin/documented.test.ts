import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { adminPages } from "../../../src/proxy/admin/pages.ts";
import { pages } from "../../../src/proxy/front/pages.ts";

const text = readFileSync(join(import.meta.dirname, "../../../docs/proxy.md"), "utf8");

it.each([...adminPages].flatMap(([path, { methods }]) => Object.keys(methods).map((method) => [method, path])))(
  "who operates the proxy finds %s %s in docs/proxy.md",
  (method, path) => {
    const rows = text.split("\n").filter((line) => /^\| `(GET|POST|DELETE) /.test(line));
    expect(rows.some((row) => row.includes(`\`${method} ${path}`) || row.includes(`\`${path}\``))).toBe(true);
  },
);

it.each([...pages.keys()].filter((path) => !path.startsWith("/v1/")))(
  "who looks at it finds %s in docs/proxy.md",
  (path) => {
    expect(text).toContain(`\`${path}\``);
  },
);
