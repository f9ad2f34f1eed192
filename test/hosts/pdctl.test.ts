import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { hosts, type Lab } from "./lab.ts";
import { launcher } from "./launcher.ts";
import { pdctl, start, startOnTerminal } from "./pdctl.ts";

const { version }: { version: string } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"),
);

describe("pdctl as the lab's launcher", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await hosts([{ name: "gpu-0", ip: "10.0.2.1" }]);
    return () => lab[Symbol.asyncDispose]();
  });

  it("runs the built program and answers its exit code and both streams", async () => {
    const { code, stdout, stderr, ms } = await pdctl("--version");
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    expect(ms).toBeGreaterThan(0);
    expect(await pdctl(["no such verb"])).toMatchObject({ code: 2, stdout: "" });
  });

  it("waits for a line, reads on from there, and says what came when it never comes", async () => {
    await using running = start("--help");
    const [usage] = await running.until(/Usage +pdctl/);
    expect(running.output()).toContain(usage);
    await expect(running.until(/Usage +pdctl/)).rejects.toThrow(/pdctl ended without[\s\S]*Common options/);
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  it("shows on a terminal what a person sees", async () => {
    await using terminal = startOnTerminal("--help", { cols: 90, rows: 60 });
    await terminal.until(/Usage +pdctl/);
    expect(await terminal.ended).toMatchObject({ code: 0 });
    expect(terminal.screen().join("\n")).toMatch(/^ *pdctl [\s\S]*Usage +pdctl/);
  });

  it("gives it a home of its own, with no agent and nothing of whoever runs the tests", () => {
    expect(launcher.environment()).not.toHaveProperty("SSH_AUTH_SOCK");
    expect(launcher.environment().HOME).toBe(launcher.home);
    expect(launcher.files()).toEqual([]);
  });
});
