import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";
import { small, topology } from "./small.ts";
import { Terminal } from "./terminal.ts";

const sets = small("watched", 14_000 + (process.pid % 300) * 20);

let home: string;
const call = (...words: readonly string[]) => run(words, { cwd: home });
const decode = async (): Promise<number> => {
  const status = JSON.parse((await call("status", "watched", "--json")).out);
  return status.services.find((row: { service: string }) => row.service === "decode-0-0").pid;
};

describe("a cluster that runs", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "pdctl-running-"));
    const up = await call("up", topology, ...sets, "--no-smoke");
    expect(up.exit, up.lines.join("\n")).toBe(0);
  }, 120_000);
  afterAll(async () => {
    const down = await call("down", "watched");
    expect(down.exit, down.lines.join("\n")).toBe(0);
    await rm(home, { recursive: true });
  }, 120_000);

  it("is not changed before somebody has seen how, and said yes", async () => {
    const before = await decode();
    const terminal = new Terminal(["up", topology, ...sets, "--set", "decode.args.max-num-seqs=8"], { cwd: home });
    const asked = await terminal.until(/Restart 2 services\? \[y\/N\]/, 60_000);
    expect(asked.some((line) => /~ restart +decode-0 +--max-num-seqs 8 is new, from --set/.test(line))).toBe(true);
    expect(asked.some((line) => /~ restart +prefill-0 +peer of decode-0/.test(line))).toBe(true);
    expect(asked.some((line) => /⚠ no other prefill serves while .* requests fail meanwhile/.test(line))).toBe(true);
    terminal.type("n\r");
    expect((await terminal.exited).exitCode).toBe(8);
    expect((await terminal.text()).join("\n")).toMatch(
      /watched is left as it is · the answer was no, nothing was changed/,
    );
    expect(await decode()).toBe(before);
  });

  it("is restarted only where it runs: what else is missing is up's to start", async () => {
    const other = sets.map((set) => (set === "name=watched" ? "name=absent" : set));
    const restart = await call("restart", topology, "decode-0", ...other);
    expect([restart.exit, restart.out + restart.err]).toEqual([
      1,
      expect.stringMatching(/prefill-0, proxy do not run, and restart starts no more than it is told/),
    ]);
  });

  it("is not called down because a name was misspelt", async () => {
    const restart = await call("restart", topology, "decode-7", ...sets);
    expect(restart.exit).toBe(2);
    expect(restart.out).toMatch(/^✖ watched is left as it is · nothing was started · [\d.]+s · exit 2$/m);
  });

  it("shows its lines of the last hour, and none that is older", async () => {
    const all = await call("logs", "watched", "decode-0", "--since", "1h");
    expect([all.exit, all.out.split("\n").length > 5]).toEqual([0, true]);
    const none = await call("logs", "watched", "proxy", "--since", "1s");
    expect(none.exit).toBe(0);
    expect(none.out).not.toContain("listening on"); // it said so when it came up
  });

  it("says under status --watch what dies, and what becomes of the cluster; Ctrl-C is no error", async () => {
    const pid = await decode();
    let heard = "";
    const watched = await run(["status", "watched", "--watch"], {
      cwd: home,
      hear: (text, interrupt) => {
        const before = heard;
        heard += text;
        if (!before.includes("healthy") && heard.includes("healthy")) process.kill(pid, "SIGKILL");
        if (heard.includes("healthy → degraded")) interrupt();
      },
    });
    expect(watched.exit, watched.err).toBe(0);
    expect(watched.out).toMatch(/^\d\d:\d\d:\d\dZ {2}status {2}decode-0 ready → died: .* \[killed\]$/m);
    expect(watched.out).toMatch(/^\d\d:\d\d:\d\dZ {2}status {2}watched healthy → degraded, not serving$/m);
  });
});
