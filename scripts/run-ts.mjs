// Runs a TypeScript program of this repository on the Node that is here: run-ts.mjs [node's own flags] ENTRY [its arguments]
import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = process.argv.findIndex((word, index) => index > 1 && !word.startsWith("--"));
const [flags, entry, words] = [process.argv.slice(2, at), process.argv[at] ?? "", process.argv.slice(at + 1)];
const outfile = join(
  root,
  "node_modules/.cache/pdctl",
  `${basename(dirname(entry))}-${basename(entry, ".ts")}-${process.pid}.mjs`,
);

await mkdir(dirname(outfile), { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node20.18",
  format: "esm",
  sourcemap: "inline",
  logLevel: "warning",
});
const child = spawn(process.execPath, ["--enable-source-maps", ...flags, outfile, ...words], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("close", async (code, signal) => {
  await rm(outfile, { force: true });
  process.exitCode = signal ? 1 : (code ?? 1);
});
