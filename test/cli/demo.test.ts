import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { screen } from "../report/story.ts";
import { run } from "./run-pdctl.ts";

it("the demo brings a cluster up, breaks it, repairs it, and leaves nothing on this machine", {
  timeout: 60_000,
}, async () => {
  const home = await mkdtemp(join(tmpdir(), "pdctl-demo-"));
  const { exit, out, err } = await run(["demo"], { cwd: home });
  expect([exit, err]).toEqual([0, ""]);
  const specified = screen("demo").map(shape);
  const shown = out
    .trimEnd()
    .split("\n")
    .map(shape)
    .filter((line) => !line.startsWith("✔ status") && !line.startsWith("  text"));
  expect(shown.slice(0, -1)).toEqual(specified.slice(0, -1));
  const left = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
  expect(left.map(({ name }) => name)).toEqual([]);
  await rm(home, { recursive: true });
});

/** Without what differs from run to run: durations, ports, which decode, how many tokens. */
function shape(line: string): string {
  return line
    .replace(/ +[\d.]+s$/, " …s")
    .replace(/ after [\d.]+s/, " after …s")
    .replace(/ in \d+ms/, " in …ms")
    .replace(/\b\d+ of \d+ prompt/, "… of … prompt")
    .replace(/127\.0\.0\.1:\d+/, "127.0.0.1:…")
    .replace(/(prefill|decode)-\d(?= → |$)/g, "$1-…");
}
