/**
 * What a request and an event cost in pdctl's proxy, and in others, one core each: every peer takes its turn in every round, so that a noisy neighbour
 * hits all of them. `node bench/proxy.mjs` prints one JSON line; with `--write`, its table goes into docs/performance.md. About ten minutes.
 *   --rounds N   --only pdctl,router,…   --cells requests,streams,open,body
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { peers, WRK } from "./proxy/peers.mjs";
import { openLoad, round } from "./proxy/run.mjs";
import { summary, table } from "./proxy/table.mjs";
import { writeBetween } from "./write-between.mjs";

const { values } = parseArgs({
  options: {
    ...{ write: { type: "boolean" }, quick: { type: "boolean" } },
    ...{
      rounds: { type: "string", default: "5" },
      only: { type: "string" },
      cells: { type: "string", default: "requests,streams,open,body" },
    },
  },
});
const root = path.join(import.meta.dirname, "..");
const TIMES = values.quick
  ? { patience: 3, warm: 1, requests: 1, streams: 1.5, turns: 300 }
  : { patience: 3, warm: 0.8, requests: 2, streams: 2.2, turns: 800 };
const said = (text) => process.stderr.write(`${text}\n`);

if (cpus().length < 2) throw new Error("one core for the proxy and one for its load: this machine has one");
if (!WRK) throw new Error("the load of requests is wrk: apt install wrk");
const wanted = peers.filter(({ name }) => !values.only || values.only.split(",").includes(name));
const [there, missing] = [wanted.filter((peer) => peer.there), wanted.filter((peer) => !peer.there)];
for (const { title } of missing) said(`${title} is not installed: left out`);
await promisify(execFile)(process.execPath, [path.join(root, "scripts/build.mjs")]);

const folder = await mkdtemp(path.join(tmpdir(), "pdctl-bench-"));
try {
  const cells = new Set(values.cells.split(","));
  const rows = new Map(there.map((peer) => [peer, []]));
  const direct = [];
  for (let turn = 0; turn < Number(values.rounds); turn++) {
    for (const [peer, seen] of rows) {
      const load = await openLoad(); // as fresh as the proxy
      try {
        seen.push(await round(peer, { folder, load, times: TIMES, cells }));
        said(`round ${turn + 1}: ${peer.name} ${JSON.stringify(seen.at(-1))}`);
      } catch (error) {
        seen.push({}); // told, and not in the medians
        said(`round ${turn + 1}: ${peer.name} failed: ${error.message}`);
      } finally {
        load.close();
      }
    }
    if (cells.has("requests")) direct.push(await noProxy());
  }
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const found = summary(rows, direct);
  const left = missing.map(({ title }) => title);
  process.stdout.write(
    `${JSON.stringify({ bench: "proxy", rounds: Number(values.rounds), ...machine, left_out: left, ...found })}\n`,
  );
  if (values.write)
    await writeBetween(
      path.join(root, "docs/performance.md"),
      "bench/proxy.mjs",
      table(found, { ...machine, left, rounds: values.rounds }),
    );
} finally {
  await rm(folder, { recursive: true });
}

/** Both legs by hand: what the load and the engines take by themselves. */
async function noProxy() {
  const load = await openLoad();
  try {
    return await load.order({
      order: "latency",
      ports: [load.ports.prefill, load.ports.decode],
      warm: TIMES.turns / 2,
      count: TIMES.turns,
    });
  } finally {
    load.close();
  }
}
