// `npm test`: from a fresh clone to `N passed, N failed`. Words after `npm test --` go to vitest: --project unit, a file, -t NAME.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { prepareHosts, toolPath } from "./prepare-hosts.mjs";
import { bin, build, checkNode, install, output, root, step } from "./steps.mjs";

const SHARDS = 5; // of the host tests
let refused;
try {
  await step("node", () => checkNode());
  await step("install", install);
  await step("build", build);
  await step("hosts", prepare);
  await step("lint", () => quiet(bin("@biomejs/biome/bin/biome"), "check", "."));
  await step("types", () => quiet(bin("typescript/bin/tsc"), "-p", "."));
} catch {
  finish({ passed: 0, failed: 1, skipped: 0 }); // the step has said why
}
finish(await suites(process.argv.slice(2)));

async function quiet(...args) {
  await output(process.execPath, args);
}

async function prepare() {
  const prepared = await prepareHosts();
  refused = prepared.refused;
  const remarks = [
    ...(prepared.installed.length > 0 ? [`installed ${prepared.installed.join(" ")}`] : []),
    ...(prepared.lacking.includes("shellcheck") ? ["no shellcheck: the check of shell scripts is left out"] : []),
    ...(refused === undefined ? [] : [`LEFT OUT: test/hosts and test/chaos (${refused})`]),
  ];
  return remarks.join("; ");
}

/**
 * All suites, each run of vitest inside namespaces of its own where the machine has them. With nothing chosen, they share two
 * lanes: host tests mostly wait, and small parts of them fill what the others leave. The first run is shown as it goes, the others when they are over, so that no lines mix.
 */
async function suites(args) {
  const hosts = (shard) => ["--project", "hosts", `--shard=${shard}/${SHARDS}`];
  const whole = args.length === 0 && refused === undefined;
  const shards = Array.from({ length: SHARDS }, (_, index) => hosts(index + 1));
  const runs = whole ? [shards[0], ["--project", "unit"], ...shards.slice(1)] : [args];
  const waiting = [...runs.entries()];
  const counts = [];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      counts.push(await suite(next[1], { live: next[0] === 0 }));
  };
  await Promise.all([lane(), lane()]);
  const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}

/** One run of vitest. Its tally comes over descriptor 3. */
async function suite(args, { live }) {
  const vitest = [process.execPath, bin("vitest/vitest.mjs"), "run", ...args];
  const [command, ...rest] = refused === undefined ? [join(root, "test/hosts/isolated.sh"), ...vitest] : vitest;
  const env = { ...process.env, PATH: toolPath, PDCTL_TALLY_FD: "3" };
  const shown = live ? "inherit" : "pipe";
  const child = spawn(command, rest, { cwd: root, env, stdio: [live ? "inherit" : "ignore", shown, shown, "pipe"] });
  // namespaces do not pass signals on; their end takes everything in them along
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGKILL"));
  process.on("SIGINT", () => setTimeout(() => child.kill("SIGKILL"), 5000).unref()); // a terminal has sent it to vitest too
  const [tally, printed] = [[], []];
  child.stdio[3].on("data", (bytes) => tally.push(bytes));
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (bytes) => printed.push(bytes));
  const code = await new Promise((resolve) => child.on("close", (exit) => resolve(exit ?? 1)));
  process.stdout.write(Buffer.concat(printed));
  const counted = tally.length > 0 ? JSON.parse(Buffer.concat(tally).toString()) : { passed: 0, failed: 0, skipped: 0 }; // none: vitest did not get to its tests
  return { ...counted, failed: counted.failed || (code === 0 ? 0 : 1) };
}

function finish({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exit(failed === 0 ? 0 : 1);
}
