import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Terminal } from "./terminal.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-demo-"));
});
afterAll(() => rm(home, { recursive: true }));

describe.concurrent("the demo on a real terminal", () => {
  it.each([
    ["up", /^→ up +…$/],
    ["repair", /^→ repair +…$/],
  ])("shows the step under way; Ctrl-C during %s takes everything down", { timeout: 60_000 }, async (step, under) => {
    const own = await mkdtemp(join(home, `${step}-`));
    const terminal = new Terminal(["demo"], { cwd: own, columns: 80, rows: 24 });
    await terminal.until(under, 40_000);
    terminal.type("\x03");
    const { exitCode } = await terminal.exited;
    const lines = await terminal.text();
    expect(exitCode).toBe(130);
    expect(lines.filter((line) => under.test(line) || line.includes("^C"))).toEqual([]); // replaced
    expect(lines.find((line) => line.startsWith("⚠"))).toMatch(/^⚠ the demo was interrupted after [\d.]+s · exit 130$/);
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(
        /^✔ (demo-\w+ is gone from 1 of 1 node|nothing to take down: 1 of 1 node asked, .* is left)/,
      ),
      "  next    pdctl demo",
    ]);
    const files = (await readdir(own, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toEqual([]);
    expect(terminal.raw).not.toMatch(/\x1b\[\?25l/); // no cursor was hidden
  });
});
