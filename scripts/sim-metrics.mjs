// Reads a page of /metrics of real vLLM that has not answered anything yet, and writes the stand-in's table of metrics:
// node scripts/sim-metrics.mjs PAGE VERSION > src/sim/metrics.json
import { readFileSync } from "node:fs";

const [pageFile, version] = process.argv.slice(2);
if (!pageFile || !version) {
  console.error("usage: node scripts/sim-metrics.mjs PAGE VERSION");
  process.exit(2);
}

const families = [];
for (const row of readFileSync(pageFile, "utf8").split("\n")) {
  const [, name, type] = /^# TYPE (vllm:\S+) (\S+)$/.exec(row) ?? [];
  if (name !== undefined && !name.endsWith("_created")) families.push({ name, type, rank: false });
  const [, line, labels = ""] = /^([\w:]+)\{(.*)\} \S+$/.exec(row) ?? [];
  const family = families.at(-1);
  if (line === undefined || !line.startsWith(family?.name ?? " ") || line.endsWith("_created")) continue;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]);
  family.rank = family.rank || pairs.some(([key]) => key === "engine");
  const own = pairs.filter(([key]) => !["engine", "model_name", "le"].includes(key));
  const bound = pairs.find(([key]) => key === "le")?.[1];
  if (bound !== undefined) family.bounds = [...(family.bounds ?? []), bound];
  else if (own.length > 0)
    family.lines = [...(family.lines ?? []), own.map(([key, value]) => `${key}="${value}"`).join(",")];
}
const rows = families.map((family) => JSON.stringify(family));
process.stdout.write(
  `{\n"comment": "Read from /metrics of vllm ${version} by scripts/sim-metrics.mjs",\n"version": "${version}",\n"families": [\n${rows.join(",\n")}\n]\n}\n`,
);
