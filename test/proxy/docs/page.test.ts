import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkConfig } from "../../../src/proxy/read-config.ts";
import { claims } from "./claims.ts";
import { aloneTable, faultsTable, keysTable, metricsTable, retryTable } from "./tables.ts";

const root = join(import.meta.dirname, "../../..");
const page = join(root, "docs/proxy.md");
const again = "UPDATE_GOLDEN=1 npx vitest run --project unit test/proxy/docs/page.test.ts";

const region = (name: string) => new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
const tables = {
  keys: keysTable(),
  alone: aloneTable(),
  retries: retryTable(),
  faults: faultsTable(),
  metrics: metricsTable(),
};

if (process.env.UPDATE_GOLDEN === "1") {
  let text = readFileSync(page, "utf8");
  for (const [name, table] of Object.entries(tables)) text = text.replace(region(name), `$1\n${table}\n\n$2`);
  writeFileSync(page, text);
}
const text = readFileSync(page, "utf8");

describe("docs/proxy.md", () => {
  it.each(Object.entries(tables))("has the table of %s as the program has it", (name, table) => {
    expect(region(name).exec(text)?.[0], again).toContain(table);
  });

  it("shows a config that is one", () => {
    const [, json = ""] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
    expect(checkConfig(JSON.parse(json))).not.toHaveProperty("faults");
  });

  it("compares in rows whose first column a test holds, and names no test that is not there", () => {
    const [, section = ""] = text.split("## Beside other proxies");
    const rows = [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)];
    const claimed = rows.filter(([, , pdctl = ""]) => pdctl.trim() !== "–").map(([, row = ""]) => row.trim());
    expect(claimed).toEqual(Object.keys(claims));
    const tests = readdirSync(join(root, "test/proxy"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.startsWith("docs/"))
      .map((file) => readFileSync(join(root, "test/proxy", file), "utf8"))
      .join("\n");
    expect(Object.values(claims).filter((title) => !tests.includes(title))).toEqual([]);
  });
});
