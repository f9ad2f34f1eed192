// `npm run demo`: from a fresh clone to a cluster on this machine and back.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build, checkNode, install, root, step } from "./steps.mjs";

try {
  await step("node", () => checkNode());
  await step("install", install);
  await step("build", build);
} catch {
  process.exit(1); // the step has said why
}
const child = spawn(process.execPath, [join(root, "bin/pdctl.js"), "demo", ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => void (signal === "SIGINT" || child.kill(signal))); // ^C reaches it by itself
child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
