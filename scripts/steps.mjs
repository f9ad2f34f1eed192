// Steps that `npm test` and `npm run demo` share. Only Node's own modules: they run before anything is installed.
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const bin = (path) => join(root, "node_modules", path);

/** Runs a step and says its name and time in one line. `action` answers a remark, or throws with what to show. */
export async function step(name, action) {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)}s`;
  try {
    const remark = await action();
    console.log(`✔ ${name}  ${seconds()}${remark ? `  ${remark}` : ""}`);
  } catch (error) {
    console.log(`✖ ${name}  ${seconds()}\n${error instanceof Failed ? error.message : error.stack}`);
    throw error;
  }
}

/** A command that ended badly, with what it printed. */
export class Failed extends Error {}

/** Runs a command to its end and answers what it printed. */
export async function output(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => printed.push(bytes));
  const code = await new Promise((resolve, reject) =>
    child.on("error", reject).on("close", (exit, signal) => resolve(exit ?? signal)),
  );
  const text = Buffer.concat(printed).toString();
  if (code !== 0) throw new Failed(`${text}${command} ${args.join(" ")}: exit ${code}`);
  return text;
}

/** Installs what the lock says, unless that is there already. No install script of any package is run. */
export async function install() {
  const when = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (when("node_modules/.package-lock.json") >= when("package-lock.json")) return "already there";
  await output("npm", ["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"]);
}

export async function build() {
  await output(process.execPath, [join(root, "scripts/build.mjs")]);
}

/** Whoever works on pdctl needs a newer Node than whoever uses it: the test tools ask for it. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Failed(`Node ${process.versions.node} is too old to work on pdctl: 20.19 or newer`);
}
