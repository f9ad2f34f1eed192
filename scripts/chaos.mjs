// `npm run chaos`: every fault at every boundary of up and down, on hosts of its own. `npm run chaos -- --seed N` repeats a run;
// `--lanes N` plays so many cases at once, each lane in namespaces of its own; what follows `--` goes to vitest, -t NAME for one case.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { prepareHosts, toolPath } from "./prepare-hosts.mjs";
import { bin, build, checkNode, install, root, step } from "./steps.mjs";

const CASE = /^ *[✓×] /;
const { values, positionals } = parseArgs({
  options: { seed: { type: "string" }, lanes: { type: "string", default: "4" } },
  allowPositionals: true,
});
const seed = values.seed ?? String(randomInt(1, 1_000_000));

try {
  await step("node", () => checkNode());
  await step("install", install);
  await step("build", build);
  await step("hosts", async () => {
    const { refused } = await prepareHosts();
    if (refused !== undefined) throw new Error(`this machine cannot have test hosts: ${refused}`);
  });
} catch {
  process.exit(1); // the step has said why
}

console.log(`seed ${seed}`);
const began = performance.now();
const lanes = Number(values.lanes);
const tallies = await Promise.all(Array.from({ length: lanes }, (_, index) => lane(`${index + 1}/${lanes}`)));
const sum = (name) => tallies.reduce((total, tally) => total + tally[name], 0);
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
console.log(`again: npm run chaos -- --seed ${seed}`);
console.log(
  `seed ${seed}: ${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped in ${minutes} min`,
);
process.exit(sum("failed") === 0 ? 0 : 1);

/** One run of vitest in namespaces of its own. A case's line is shown when it is over, everything else when the lane is. */
async function lane(part) {
  const child = spawn(
    join(root, "test/hosts/isolated.sh"),
    [
      process.execPath,
      bin("vitest/vitest.mjs"),
      "run",
      "--project",
      "hosts",
      "test/chaos",
      "--reporter=verbose",
      "--reporter=./test/count-reporter.ts",
      ...positionals,
    ],
    {
      cwd: root,
      env: {
        ...process.env,
        PATH: toolPath,
        PDCTL_CHAOS: "all",
        PDCTL_CHAOS_SEED: seed,
        PDCTL_CHAOS_LANE: part,
        PDCTL_TALLY_FD: "3",
      },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    },
  );
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"]) process.on(signal, () => child.kill("SIGKILL"));
  const [kept, tally] = [[], []];
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on("line", (line) =>
      CASE.test(stripVTControlCharacters(line)) ? console.log(line) : kept.push(line),
    );
  child.stdio[3].on("data", (bytes) => tally.push(bytes));
  const code = await new Promise((resolve) => child.on("close", (exit) => resolve(exit ?? 1)));
  console.log(kept.join("\n"));
  const counted = tally.length > 0 ? JSON.parse(Buffer.concat(tally).toString()) : { passed: 0, failed: 0, skipped: 0 };
  return { ...counted, failed: counted.failed || (code === 0 ? 0 : 1) };
}
