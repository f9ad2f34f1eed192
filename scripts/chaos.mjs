// `npm run chaos`: every fault at every boundary of up and down, on hosts of its own. `npm run chaos -- --seed N` repeats a run;
// `--lanes N` plays so many cases at once, each lane in namespaces of its own; what follows `--` goes to vitest, -t NAME for one case.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareHosts, toolPath } from "./prepare-hosts.mjs";
import { bin, build, checkNode, install, root, step } from "./steps.mjs";

const { values, positionals } = parseArgs({
  options: { seed: { type: "string" }, lanes: { type: "string", default: "2" } },
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
const lanes = Number(values.lanes);
const codes = await Promise.all(Array.from({ length: lanes }, (_, index) => lane(`${index + 1}/${lanes}`)));
console.log(
  `seed ${seed}: ${codes.every((code) => code === 0) ? "passed" : "FAILED"}; again: npm run chaos -- --seed ${seed}`,
);
process.exit(codes.every((code) => code === 0) ? 0 : 1);

/** One run of vitest in namespaces of its own; the first one is shown as it goes, the others when they are over. */
async function lane(part) {
  const shown = part.startsWith("1/") ? "inherit" : "pipe";
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
      ...positionals,
    ],
    {
      cwd: root,
      env: { ...process.env, PATH: toolPath, PDCTL_CHAOS: "all", PDCTL_CHAOS_SEED: seed, PDCTL_CHAOS_LANE: part },
      stdio: ["ignore", shown, shown],
    },
  );
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"]) process.on(signal, () => child.kill("SIGKILL"));
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (bytes) => printed.push(bytes));
  const code = await new Promise((resolve) => child.on("close", (exit) => resolve(exit ?? 1)));
  process.stdout.write(Buffer.concat(printed));
  return code;
}
