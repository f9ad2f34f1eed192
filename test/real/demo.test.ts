import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lacking, titled } from "./place.ts";

const script = join(import.meta.dirname, "../../scripts/demo-vllm.mjs");

it.skipIf(lacking !== undefined)(titled("npm run demo:vllm shows real vLLM from nothing to nothing"), async () => {
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code, said).toBe(0);
  expect(said).toMatch(/✔ proof {2}(\d+) of \1 prompt tokens and [1-9]\d* bytes came from prefill/);
  expect(said).toMatch(/✔ same {3}the answer is what decode computes by itself/);
  expect(said).toMatch(/✔ here {2}0 +0 +- +0 +0/); // nothing left
  expect(said).toMatch(/✔ that was real vLLM under pdctl/);
});
