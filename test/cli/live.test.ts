import { spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";
import { pdctl, Terminal } from "./terminal.ts";

/** A cluster of this machine with a home, a name and ports of its own; it is taken down whatever the test has found. */
async function cluster(name: string, slot: number) {
  const home = await mkdtemp(join(tmpdir(), "pdctl-live-"));
  await cp(join(import.meta.dirname, "../../topologies/local.yaml"), join(home, "cluster.yaml"));
  const base = 20_000 + (process.pid % 100) * 60 + slot * 20; // other tests bind ports too
  const ports = [
    `proxy.port=${base}`,
    `prefill.port=${base + 1}`,
    `decode.port=${base + 5}`,
    `kv.transfer.side_channel_port=${base + 10}`,
  ];
  const sets = (...more: string[]) => [`name=${name}`, ...ports, ...more].flatMap((set) => ["--set", set]);
  return {
    home,
    sets,
    async [Symbol.asyncDispose]() {
      const { exit, lines } = await run(["down", "--discard-logs", ...sets()], { cwd: home });
      await rm(home, { recursive: true });
      expect(exit, lines.join("\n")).toBe(0);
    },
  };
}

const durationless = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/ +(?:\d+m )?[\d.]+s(?: \/ \d+m)?$/, " …"));

describe.concurrent("up on a real terminal", () => {
  it("Ctrl-C starts nothing more, keeps what runs, says so, and leaves the terminal usable; a narrow one never wraps", async () => {
    await using live = await cluster("live", 0);
    const { home, sets } = live;
    const terminal = new Terminal(["up", ...sets('engine.env.PDCTL_SIM_NEVER_READY="1"')], {
      cwd: home,
      columns: 100,
      rows: 30,
    });
    const loading = await terminal.until(/decode-1 .*(starting|loading)/);
    expect(loading[0]).toMatch(/^live · 1 node · 4 engines · generation 1 +[\d.]+s$/);
    expect(loading.find((line) => line.startsWith("→ engines"))).toMatch(/^→ engines {3}0 of 4 ready .* \/ 15m$/);
    expect(loading.slice(-4)).toEqual([
      "· proxy     waits for 4 engines",
      "· smoke     waits for the proxy",
      "",
      "Ctrl-C starts nothing more and keeps what runs.",
    ]);
    terminal.type("\x03");
    const { exitCode } = await terminal.exited;
    const lines = await terminal.text();
    expect(exitCode).toBe(130);
    expect(durationless(lines)).not.toContain("Ctrl-C starts nothing more and keeps what runs.");
    expect(lines.find((line) => line.startsWith("⚠"))).toMatch(
      /^⚠ live is not up · interrupted after [\d.]+s · exit 130$/,
    );
    const next = lines.slice(lines.findIndex((line) => line.startsWith("  next"))).map((line) => line.trim());
    expect(next[0]).toMatch(/^next {4}pdctl up --set name=live --set .* \\$/); // pasted, it means the same cluster
    expect(next.slice(-2)).toEqual(["waits on for them", "pdctl down live      takes them down"]);
    expect(terminal.raw).not.toMatch(/\x1b\[\?25l/); // no cursor was hidden
    const { exit, out } = await run(["status", "--json", ...sets()], { cwd: home });
    expect(exit).toBe(5);
    expect(JSON.parse(out).services).toHaveLength(4);

    // never wraps on a narrow terminal, and ends with a receipt
    const narrow = new Terminal(["down", ...sets()], { cwd: home, columns: 46, rows: 12 });
    expect((await narrow.exited).exitCode).toBe(0);
    const gone = await narrow.text();
    expect(gone[0]).toBe("live · 4 services on 1 node · generation 1");
    const stopped = gone.find((line) => line.startsWith("✔ decode")) ?? "";
    expect([stopped.length, stopped]).toEqual([46, expect.stringMatching(/^✔ decode {4}2 engines stopped +[\d.]+s$/)]); // its time has moved in
    expect(gone.find((line) => line.startsWith("✔ live is gone"))).toMatch(
      /^✔ live is gone from 1 of 1 node · [\d.]+s$/,
    );
    expect(gone.at(-1)).toMatch(/^ {2}receipt .*…$/);
  });

  it("SIGTERM ends it as Ctrl-C does, with exit 143, and a result as the last event", async () => {
    await using live = await cluster("ended", 1);
    const { home, sets } = live;
    const child = spawn(process.execPath, [pdctl, "up", "--ndjson", ...sets('engine.env.PDCTL_SIM_NEVER_READY="1"')], {
      cwd: home,
      env: { PATH: process.env.PATH ?? "", HOME: home, LANG: "C.UTF-8" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (/"service":"decode-1-0".*"starting"/.test(text)) child.kill("SIGTERM");
    });
    const exit = await new Promise((resolve) => child.on("close", resolve));
    const last = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
    expect([exit, last]).toMatchObject([
      143,
      {
        type: "result",
        data: { exit: 143, next: [expect.stringMatching(/^pdctl up --set name=ended --set /), "pdctl down ended"] },
      },
    ]);
  });

  it("shows the first cause when an engine dies, and machine output ends with a result", async () => {
    await using live = await cluster("dying", 2);
    const { home, sets } = live;
    const faults = `engine.env.PDCTL_SIM_FAULTS='{"decode-1-0":{"dieAfterMs":300,"dieLine":"RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB"}}'`;
    const terminal = new Terminal(["up", ...sets(faults, "nodes[0].hardware=cuda")], { cwd: home });
    const { exitCode } = await terminal.exited;
    const lines = await terminal.text();
    expect(exitCode).toBe(1);
    expect(lines.find((line) => line.startsWith("✖ decode-1 died"))).toMatch(
      /^✖ decode-1 died [\d.]+s after its start, exit code 1$/,
    );
    expect(lines.find((line) => line.startsWith("  why"))).toMatch(
      /RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB$/,
    );
    expect(lines.find((line) => line.startsWith("  cause"))).toMatch(/ {3}\[device-memory\]$/);
    expect(lines.find((line) => line.startsWith("✖ dying is not up"))).toMatch(/· exit 1$/);
    const { out, err, exit } = await run(["down", "--ndjson", ...sets()], { cwd: home });
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([exit, err]).toEqual([0, ""]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({
      schema: "pdctl.event/1",
      type: "result",
      cluster: "dying",
      data: { verb: "down", exit: 0, state: "gone" },
    });
  });
});
