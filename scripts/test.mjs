// `npm test`: from a fresh clone to `N passed, N failed`. Words after `npm test --` go to vitest: --project unit, a file, -t NAME.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { prepareHosts, toolPath } from "./prepare-hosts.mjs";
import { bin, build, checkNode, install, output, root, step } from "./steps.mjs";

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

/** All suites in one run of vitest, inside namespaces of its own where the machine has them. Its tally comes over descriptor 3. */
async function suites(args) {
  const vitest = [process.execPath, bin("vitest/vitest.mjs"), "run", ...args];
  const [command, ...rest] = refused === undefined ? [join(root, "test/hosts/isolated.sh"), ...vitest] : vitest;
  const env = { ...process.env, PATH: toolPath, PDCTL_TALLY_FD: "3" };
  const child = spawn(command, rest, { cwd: root, env, stdio: ["inherit", "inherit", "inherit", "pipe"] });
  // namespaces do not pass signals on; their end takes everything in them along
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGKILL"));
  process.on("SIGINT", () => setTimeout(() => child.kill("SIGKILL"), 5000).unref()); // a terminal has sent it to vitest too
  const tally = [];
  child.stdio[3].on("data", (bytes) => tally.push(bytes));
  const code = await new Promise((resolve) => child.on("close", (exit) => resolve(exit ?? 1)));
  const counted = tally.length > 0 ? JSON.parse(Buffer.concat(tally).toString()) : { passed: 0, failed: 0, skipped: 0 }; // none: vitest did not get to its tests
  return { ...counted, failed: counted.failed || (code === 0 ? 0 : 1) };
}

function finish({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exit(failed === 0 ? 0 : 1);
}
