import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkConfig } from "../../../src/proxy/read-config.ts";
import { usual } from "../../../src/proxy/settings/usual.ts";
import { texts } from "../../../src/topology/schema/texts.ts";
import { durationMs } from "../../../src/topology/shape/words.ts";

const PREFIX = "proxy.serving.";
const written = Object.entries(texts).filter(([path]) => path.startsWith(PREFIX));

it("what docs/topology.md says of a key that is not written is what the proxy does then", () => {
  const known = new Map<string, unknown>(Object.entries(usual));
  const said = written.flatMap(([path, { unset = "" }]) => {
    const key = path.slice(PREFIX.length);
    const seconds = durationMs(unset);
    if (seconds !== undefined) return [[`${key}_seconds`, seconds / 1000] as const];
    return known.has(key) ? [[key, /^(true|false|[\d.]+)$/.test(unset) ? JSON.parse(unset) : unset] as const] : [];
  });
  expect(said.length).toBeGreaterThan(12);
  expect(said.map(([key]) => [key, known.get(key)])).toEqual(said);
});

const golden = join(import.meta.dirname, "../../golden");
const plans = readdirSync(golden).filter((name) => name.endsWith(".plan.json"));

it.each(plans)("the configuration in %s is one that the proxy reads", (name) => {
  const text = readFileSync(join(golden, name), "utf8");
  const { services }: { services: { files: { name: string; content?: string }[] }[] } = JSON.parse(text);
  const configs = services.flatMap(({ files }) => files.filter((file) => file.name === "proxy.json"));
  for (const { content = "" } of configs) {
    const config: unknown = JSON.parse(content.replaceAll(/<fact:[^>]*>/g, "10.9.9.9"));
    expect(checkConfig(config)).not.toHaveProperty("faults");
  }
});
