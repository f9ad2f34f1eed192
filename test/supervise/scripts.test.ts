import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { scriptNames, scriptsOf } from "../../src/supervise/index.ts";

const folder = fileURLToPath(new URL("../../templates/supervise/", import.meta.url));
const templates = fileURLToPath(new URL("../../templates/", import.meta.url));
const files = readdirSync(templates, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".sh"))
  .map((name) => `${templates}${name}`);

it("every script in the folder is one that supervision names, and the other way round", () => {
  expect(new Set(readdirSync(folder))).toEqual(new Set(scriptNames.map((name) => `${name}.sh`)));
  expect(() => scriptsOf({})).toThrow("templates/supervise/proc.sh");
});

it("bash reads every script that lands on nodes without a complaint", () => {
  for (const file of files) execFileSync("bash", ["-n", file]);
});

it("nothing in them needs a bash that is newer than 4.2", () => {
  const newer =
    /\blocal -n\b|\blocal -(?: |$)|\bdeclare -[nI]\b|\bwait -[np]\b|-v \w+\[|\w\[-\d+\]=|\bEPOCHSECONDS\b|\bBASH_ARGV0\b|\bmapfile -d\b|\breadarray -d\b|\$\{[^}]*@[QEPAaUuLK]\}|\bSRANDOM\b|\binherit_errexit\b/;
  for (const file of files) expect(readFileSync(file, "utf8")).not.toMatch(newer);
});
