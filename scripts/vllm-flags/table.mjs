// Joins what read.py printed, one file per release, into the flag table: node scripts/vllm-flags/table.mjs DIR > src/engines/flags.json
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [dir] = process.argv.slice(2);
if (!dir) {
  console.error("usage: node scripts/vllm-flags/table.mjs DIR     (DIR/0.33.0 and so on, one release each)");
  process.exit(2);
}

const order = (a, b) => a.localeCompare(b, "en", { numeric: true });
const versions = readdirSync(dir)
  .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
  .sort(order);
const releases = versions.map((version) => {
  const lines = readFileSync(join(dir, version), "utf8").trim().split("\n");
  return new Map(lines.map((line) => JSON.parse(line)).map(({ name, ...form }) => [name, form]));
});

/** Forms of a flag, oldest first, each over the releases that have it in that form. Unset ends are those of the table. */
function formsOf(name) {
  const forms = [];
  releases.forEach((release, at) => {
    const form = release.get(name);
    if (form === undefined) return;
    const text = JSON.stringify(form);
    const before = forms.at(-1);
    if (before?.text === text && before.last === at - 1) before.last = at;
    else forms.push({ form, text, first: at, last: at });
  });
  return forms.map(({ form, first, last }) => ({
    ...(first > 0 && { since: versions[first] }),
    ...(last < versions.length - 1 && { until: versions[last] }),
    ...form,
  }));
}

const names = [...new Set(releases.flatMap((release) => [...release.keys()]))].sort(order);
const rows = names.map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(formsOf(name))}`);
process.stdout.write(`{
  "comment": "Options of vllm serve by release, read from the parser of each by scripts/vllm-flags/gather.sh",
  "versions": ${JSON.stringify(versions)},
  "flags": {
${rows.join(",\n")}
  }
}
`);
