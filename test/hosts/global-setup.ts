import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Host tests run the built program: builds it when a source is newer. Says aloud when they cannot run at all. */
export default function setup(): void {
  if (process.env.PDCTL_ISOLATED === undefined) {
    process.stderr.write(
      "\n⚠ host tests are SKIPPED: they need namespaces of their own.  Run: npm test, or test/hosts/isolated.sh npx vitest run\n\n",
    );
    return;
  }
  const program = join(root, "dist/cli.js");
  const newest = Math.max(...sources().map((path) => statSync(path).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs > newest) return;
  execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
}

const sources = () =>
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(root, "src", name));
