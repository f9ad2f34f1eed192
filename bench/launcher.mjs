/**
 * What pdctl costs on many hosts, beside others that run commands on them: the same hosts (those of test/hosts), the same number at once, all in turns.
 * `test/hosts/isolated.sh node bench/launcher.mjs` prints one JSON line; with `--write`, its table goes into docs/performance.md.
 * About ten minutes on a busy machine.
 *   --rounds N   --hosts 1,8,32,100   --engines 16   --only ansible,clush
 */
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { beside, blackHole, lifeOfEngines, throughBastion } from "./launcher/cells.mjs";
import { raise } from "./launcher/fleet.mjs";
import { peers } from "./launcher/peers.mjs";
import { summary, table } from "./launcher/table.mjs";
import { writeBetween } from "./write-between.mjs";

const text = (value) => ({ type: "string", default: value });
const { values } = parseArgs({
  options: {
    ...{ write: { type: "boolean" }, rounds: text("3"), hosts: text("1,8,32,100") },
    ...{ engines: text("16"), only: { type: "string" } },
  },
});
const [rounds, engines] = [Number(values.rounds), Number(values.engines)];
const sizes = values.hosts.split(",").map(Number);
const most = Math.max(...sizes);
const wanted = peers.filter(({ name }) => values.only === undefined || values.only.split(",").includes(name));
const there = wanted.filter((peer) => peer.there);
const left = wanted.filter((peer) => !peer.there).map(({ title }) => title);
const said = (line) => process.stderr.write(`${line}\n`);
for (const title of left) said(`${title} is not installed: left out`);

const root = path.join(import.meta.dirname, "..");
const lab = await raise(Math.max(most, engines));
try {
  const bench = { lab, there, sizes, most, engines, rounds, said };
  const rows = await beside(bench);
  const bastion = await throughBastion(bench);
  const hole = await blackHole(bench);
  const life = await lifeOfEngines(bench);
  const leftovers = lab.leftovers();
  if (leftovers.length > 0) throw new Error(`hosts on which something is left: ${leftovers.join(", ")}`);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const found = summary({ rows, bastion, hole, life, sizes, most, engines, there });
  process.stdout.write(`${JSON.stringify({ bench: "launcher", rounds, ...machine, left_out: left, ...found })}\n`);
  if (values.write)
    await writeBetween(
      path.join(root, "docs/performance.md"),
      "bench/launcher.mjs",
      table(found, { ...machine, left, rounds }),
    );
} finally {
  await lab[Symbol.asyncDispose]();
}
