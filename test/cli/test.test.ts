import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "./run-pdctl.ts";
import { small, topology } from "./small.ts";

const sets = small("tried", 9_000 + (process.pid % 200) * 20);

it("test takes down what it brought up, also when it failed, and CI reads what came of every part", {
  timeout: 120_000,
}, async () => {
  const home = await mkdtemp(join(tmpdir(), "pdctl-test-"));
  const summary = join(home, "summary.md");
  const well = await run(["test", topology, ...sets, "--junit", "well.xml"], {
    cwd: home,
    env: { GITHUB_STEP_SUMMARY: summary },
  });
  expect(well.exit, well.lines.join("\n")).toBe(0);
  expect(well.out.trimEnd().split("\n").at(-1)).toMatch(/^✔ tried was up, proven and taken down · [\d.]+s$/);
  const passed = await readFile(join(home, "well.xml"), "utf8");
  expect(
    [...passed.matchAll(/<testsuite name="(\w+)" tests="\d+" failures="0" errors="0"/g)].map(([, name]) => name),
  ).toEqual(["up", "smoke", "down"]);
  for (const name of ["phase.engines", "service.decode-0-0", "smoke.kv", "down.here"])
    expect(passed).toContain(`name="${name}"`);
  expect((await readFile(summary, "utf8")).match(/is up|smoke passed|is gone/g)).toEqual([
    "is up",
    "smoke passed",
    "is gone",
  ]);

  const faults = JSON.stringify({ "decode-0-0": { dieAfterMs: 1, dieLine: "RuntimeError: <no> & never" } });
  const ill = await run(
    ["test", topology, ...sets, "--set", `engine.env.PDCTL_SIM_FAULTS='${faults}'`, "--junit", "ill.xml"],
    {
      cwd: home,
    },
  );
  expect(ill.exit, ill.lines.join("\n")).toBe(1);
  expect(ill.out.trimEnd().split("\n").at(-1)).toMatch(/^✖ tried was tested · up: is not up · .* · exit 1$/);
  const failed = await readFile(join(home, "ill.xml"), "utf8");
  expect(failed).toMatch(
    /name="service\.decode-0-0" time="0"><failure message="decode-0 died .*RuntimeError: &lt;no&gt; &amp; never/s,
  );
  expect(failed).toMatch(/name="phase\.smoke" time="0"><skipped\/>/);
  expect(failed).toMatch(/<testsuite name="down" tests="\d+" failures="0" errors="0"/); // and still nothing is left
  const status = await run(["status", topology, ...sets], { cwd: home });
  expect(status.exit, status.out).toBe(1);
  await rm(home, { recursive: true });
});
