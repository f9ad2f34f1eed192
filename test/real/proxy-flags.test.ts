import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { programs } from "../proxy/flags/programs.ts";
import { places } from "./peers.ts";

/** A script's own words for its flags: the first argument of `add_argument`, in every spelling. */
function flagsOf(script: string): readonly string[] {
  const calls = [...script.matchAll(/add_argument\(\s*((?:"--?[\w-]+",?\s*)+)/g)];
  return calls.flatMap(([, names = ""]) => [...names.matchAll(/"--([\w-]+)"/g)].map(([, name = ""]) => name));
}
const listed = (program: string) => (programs[program] ?? "").split(" ");
const script = (kind: string) => join(places.scripts, "scripts", `${kind}.py`);

it.skipIf(!existsSync(script("ascend"))).each([
  ["vllm-toy", "vLLM's toy proxy"],
  ["ucm-toy", "UCM's toy proxy"],
  ["ascend", "vllm-ascend's load balancer"],
  ["ascend-layerwise", "vllm-ascend's layerwise proxy"],
])("%s has no flag that pdctl proxy does not know", async (kind, program) => {
  const found = flagsOf(await readFile(script(kind), "utf8"));
  expect(found).toContain("prefiller-hosts");
  expect(found.filter((flag) => !listed(program).includes(flag))).toEqual([]);
});

it.skipIf(!existsSync(join(places.router, "bin/vllm-router")))(
  "vllm-router has no flag that pdctl proxy does not know",
  async () => {
    const { stdout } = await execa(join(places.router, "bin/vllm-router"), ["--help"]);
    const found = [...stdout.matchAll(/(?<=^\s{2}|, )--([\w-]+)/gm)].map(([, name = ""]) => name);
    expect(found.length).toBeGreaterThan(60);
    expect(found.filter((flag) => !listed("vllm-router").includes(flag))).toEqual([]);
  },
  60_000,
);
