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
process.on("SIGINT", () => {}); // a terminal sends ^C to pdctl too; it decides when to leave
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
