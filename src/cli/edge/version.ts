import { readFileSync } from "node:fs";
import { root } from "./package.ts";

/** Set when the program is bundled; from source it is read from package.json. */
export function version(): string {
  if (process.env.PDCTL_VERSION !== undefined) return process.env.PDCTL_VERSION;
  const { version: written }: { version: string } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  return written;
}
