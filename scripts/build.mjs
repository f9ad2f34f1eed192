// Bundles the three programs: the command line (lazy chunks), and the proxy and the stand-in as one file each, which run alone on a node.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

// CommonJS inside an ES module (ssh2, undici) still asks for these three.
const banner = [
  'import { createRequire as __createRequire } from "node:module";',
  'import { fileURLToPath as __fileURLToPath } from "node:url";',
  "const require = __createRequire(import.meta.url);",
  'const __filename = __fileURLToPath(import.meta.url), __dirname = __fileURLToPath(new URL(".", import.meta.url));',
].join("\n");

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.18",
  format: "esm",
  external: ["cpu-features", "*.node"], // optional native parts of ssh2; it works without them
  define: { "process.env.PDCTL_VERSION": JSON.stringify(version) },
  banner: { js: banner },
  outdir: dist,
  write: false,
  logLevel: "warning",
};
const programs = [
  { entry: "src/cli/main.ts", name: "cli", options: { splitting: true, chunkNames: "cli-[hash]" } },
  { entry: "src/proxy/entry.ts", name: "proxy", options: { outExtension: { ".js": ".mjs" } } },
  { entry: "src/sim/entry.ts", name: "sim", options: { outExtension: { ".js": ".mjs" } } },
];

const began = performance.now();
await mkdir(dist, { recursive: true });
const built = await Promise.all(programs.map(bundle));
const kept = new Set(built.flatMap(({ files }) => files));
if (built.every(({ ok }) => ok)) {
  const stale = (await readdir(dist)).filter((name) => !kept.has(name));
  await Promise.all(stale.map((name) => rm(join(dist, name), { recursive: true })));
}
for (const { name, entry, ok, bytes, why } of built)
  console.log(
    ok ? `  dist/${name}  ${Math.round(bytes / 1024)} KiB  from ${entry}` : `  dist/${name}  NOT BUILT: ${why}`,
  );
console.log(`build: ${((performance.now() - began) / 1000).toFixed(1)}s, pdctl ${version}`);
process.exitCode = built.every(({ ok }) => ok) ? 0 : 1;

async function bundle({ entry, name, options }) {
  if (!existsSync(join(root, entry))) return { name, entry, ok: false, files: [], why: `${entry} does not exist` };
  try {
    const { outputFiles } = await build({ ...shared, ...options, entryPoints: { [name]: entry } });
    for (const file of outputFiles) await replace(file.path, file.contents);
    const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
    return { name, entry, ok: true, files: outputFiles.map(({ path }) => basename(path)), bytes };
  } catch (error) {
    return { name, entry, ok: false, files: [], why: error.message.split("\n", 1)[0] }; // esbuild has printed the frames
  }
}

/** Renamed into place, so that a pdctl that runs meanwhile never reads half a file. */
async function replace(path, contents) {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}
