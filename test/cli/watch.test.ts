import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "./run-pdctl.ts";

const topology = join(import.meta.dirname, "../../topologies/local.yaml");
const base = 14_000 + (process.pid % 300) * 20; // below the range that the kernel draws from
const sets = [
  "name=watched",
  "prefill.instances=1",
  "decode.instances=1",
  `proxy.port=${base}`,
  `prefill.port=${base + 1}`,
  `decode.port=${base + 5}`,
  `kv.transfer.side_channel_port=${base + 10}`,
].flatMap((set) => ["--set", set]);

it("status --watch says in a line what dies, and what becomes of the cluster; Ctrl-C is no error", {
  timeout: 120_000,
}, async () => {
  const home = await mkdtemp(join(tmpdir(), "pdctl-watch-"));
  const call = (...words: readonly string[]) => run(words, { cwd: home });
  expect((await call("up", topology, ...sets, "--no-smoke")).exit).toBe(0);
  const status = JSON.parse((await call("status", "watched", "--json")).out);
  const pid: number = status.services.find((row: { service: string }) => row.service === "decode-0-0").pid;
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

  const [all, none] = [
    await call("logs", "watched", "decode-0", "--since", "1h"),
    await call("logs", "watched", "proxy", "--since", "1s"),
  ];
  expect([all.exit, none.exit]).toEqual([0, 0]);
  expect(all.out.split("\n").length).toBeGreaterThan(5);
  expect(none.out.split("\n").filter((line) => line.includes("listening on"))).toEqual([]); // it said so when it came up
  expect((await call("down", "watched")).exit).toBe(0);
  await rm(home, { recursive: true });
});
