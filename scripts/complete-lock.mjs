// Adds to package-lock.json the optional platform packages that a registry did not offer to this machine: npm leaves them out
// without a word, and `npm ci` then refuses the lock. To be run after every change of the dependencies.
import { readFile, writeFile } from "node:fs/promises";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(await readFile(file, "utf8"));

const added = [];
for (const [path, entry] of Object.entries({ ...lock.packages })) {
  if (path === "") continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`${path}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`]) continue;
    const dev = entry.dev === true ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), ...dev, optional: true };
    added.push(`${name}@${version}`);
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
if (added.length > 0) await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
for (const name of added) console.log(`  added ${name}`);
console.log(`package-lock.json: ${added.length} packages added, ${Object.keys(lock.packages).length - 1} in all`);

/** Read from names like cli-linux-arm64-musl: npm installs an entry only where these match. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = ["darwin", "win32", "linux", "android", "freebsd"].find((word) => words.includes(word));
  const cpu = ["arm64", "x64", "arm", "ia32", "ppc64", "riscv64", "s390x"].find((word) => words.includes(word));
  if (os === undefined || cpu === undefined) throw new Error(`${name}: no platform in its name, look it up by hand`);
  const libc = os === "linux" ? { libc: [words.includes("musl") ? "musl" : "glibc"] } : {};
  return { cpu: [cpu], ...libc, os: [os] };
}
