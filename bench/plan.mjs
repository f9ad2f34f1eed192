/**
 * How long a plan takes, and how much memory, at 10, 100 and 1,000 nodes of eight ranks each; the ten are the peer of the others.
 * `node bench/plan.mjs` prints one JSON line; with `--write`, its table goes into docs/performance.md.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { manyNodes } from "./many-nodes.mjs";
import { writeBetween } from "./write-between.mjs";

const SIZES = [10, 100, 1000];
const ROUNDS = 5;
const root = path.join(import.meta.dirname, "..");

if (process.argv[2] === "--one") await one(process.argv[3] ?? "", Number(process.argv[4]));
else await all();

/** In a process of its own: what `validate` and `plan` do with one topology, from its text to the lines and the JSON of the plan. */
async function one(file, nodes) {
  const { loadTopology, locate, plan, planText } = await import(file);
  const text = Buffer.from(manyNodes(nodes));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const marks = [performance.now()];
  const done = (value) => {
    marks.push(performance.now());
    return value;
  };
  const loaded = done(loadTopology({ file: "many.yaml", read: () => text }, { set: [], hosts: [] }));
  const made = done(plan(loaded.topology));
  const said = done(locate(made.findings, loaded.origins));
  const lines = done(planText(made.plan, { own: [], findings: said }));
  const json = done(JSON.stringify(made.plan, null, 2));
  globalThis.gc?.();
  const [load = 0, planned = 0, located = 0, shown = 0, written = 0] = marks.slice(1).map((at, i) => at - marks[i]);
  const heap = process.memoryUsage().heapUsed - before - json.length;
  const { services } = made.plan;
  process.stdout.write(
    JSON.stringify({
      ...{ services: services.length, findings: said.length, lines: lines.length, heap, json: json.length },
      ...{
        load,
        plan: planned + located,
        show: shown,
        write: written,
        total: load + planned + located + shown + written,
      },
      peak: process.resourceUsage().maxRSS * 1024,
    }),
  );
}

async function all() {
  const folder = await mkdtemp(path.join(tmpdir(), "pdctl-bench-"));
  try {
    const file = await bundled(folder);
    const rows = new Map(SIZES.map((nodes) => [nodes, []]));
    for (let round = 0; round < ROUNDS; round++)
      for (const [nodes, seen] of rows) seen.push(await measured(file, nodes)); // in turns: a noisy neighbour hits all
    const result = SIZES.map((nodes) => ({ nodes, ...summary(rows.get(nodes) ?? []) }));
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
    process.stdout.write(
      `${JSON.stringify({ bench: "plan", unit: "ms and bytes, median [least, most]", rounds: ROUNDS, ...machine, rows: result })}\n`,
    );
    if (process.argv.includes("--write"))
      await writeBetween(path.join(root, "docs/performance.md"), "bench/plan.mjs", table(result, machine));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bundled(folder) {
  const file = path.join(folder, "plan.mjs");
  const contents = `
    export { loadTopology, locate } from "./src/topology/index.ts";
    export { plan } from "./src/plan/index.ts";
    export { planText } from "./src/report/plan/text.ts";`;
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
  await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    outfile: file,
    banner,
  });
  return file;
}

async function measured(file, nodes) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--expose-gc",
    import.meta.filename,
    "--one",
    file,
    String(nodes),
  ]);
  return JSON.parse(stdout);
}

function summary(rows) {
  const of = (key) => rows.map((row) => row[key]).sort((a, b) => a - b);
  const middle = (key) => of(key)[Math.floor(rows.length / 2)];
  const spread = ["load", "plan", "show", "write", "total", "heap", "peak"].map((key) => [
    key,
    [middle(key), of(key)[0], of(key).at(-1)].map(Math.round),
  ]);
  return { services: middle("services"), json: middle("json"), ...Object.fromEntries(spread) };
}

/** One table; growth is what a node costs against what it costs in the smallest cluster: 1.0 is linear, less is better. */
function table(rows, { cores, node }) {
  const [first] = rows;
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
  const ms = ([middle, least, most]) => `${middle} ms (${least}-${most})`;
  const growth = (row, key) => `${(row[key][0] / first[key][0] / (row.nodes / first.nodes)).toFixed(2)}`;
  return [
    "| nodes | services | read and validate | plan and judge | all, with text and JSON | per node, of 10 nodes' | the plan in memory | per node, of 10 nodes' | peak of the process |",
    "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ...rows.map(
      (row) =>
        `| ${[row.nodes.toLocaleString("en-US"), row.services.toLocaleString("en-US"), ms(row.load), ms(row.plan), ms(row.total), growth(row, "total"), mib(row.heap[0]), growth(row, "heap"), mib(row.peak[0])].join(" | ")} |`,
    ),
    "",
    `Median of ${ROUNDS} rounds in turns (least-most), each in a fresh process; ${cores} cores, Node ${node.slice(1)}. A fresh process compiles as it goes, which weighs most on the smallest cluster.`,
  ].join("\n");
}
