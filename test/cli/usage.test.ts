import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";
import { topology } from "./small.ts";

let empty: string;
beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), "pdctl-usage-"));
});
afterAll(() => rm(empty, { recursive: true }));

const cases: readonly (readonly [words: string, what: string, next: string])[] = [
  ["up --requre-evidence", "unknown option --requre-evidence; did you mean --require-evidence?", "pdctl up --help"],
  ["upp", "unknown verb upp; did you mean up?", "pdctl --help"],
  ["help upp", "unknown verb upp; did you mean up?", "pdctl --help"],
  ["frobnicate", "unknown verb frobnicate", "pdctl --help"],
  ["up a.yaml b.yaml", "up takes 1, not 2 arguments", "pdctl up --help"],
  ["up --timeout", "--timeout DURATION needs a value", "pdctl up --help"],
  ["up --timeout soon", "--timeout soon: a duration is written 90s, 15m or 2h", "pdctl up --help"],
  ["up --on-failure weep", "--on-failure weep: it has to be keep or stop", "pdctl up --help"],
  ["logs --tail many", "--tail many: it has to be a whole number", "pdctl logs --help"],
  ["up --set engine.port", "--set engine.port: it has to be PATH=VALUE", "pdctl up --help"],
  ["proxy", "no engines: --prefill URL and --decode URL, or --config FILE", "pdctl proxy --help"],
  ["proxy --config", "--config needs a value: --config FILE", "pdctl proxy --help"],
  ["proxy --confg x", "unknown option --confg; did you mean --config?", "pdctl proxy --help"],
  ["up --json --ndjson", "--json cannot be used with --ndjson", "pdctl up --help"],
  ["plan --ndjson", "unknown option --ndjson", "pdctl plan --help"], // it has no events
];

describe.concurrent("a command line that is not understood", () => {
  it.each(cases)("pdctl %s is two lines on stderr and exit 2", async (words, what, next) => {
    const { exit, out, err } = await run(words.split(" "), { cwd: empty });
    expect([exit, out, err]).toEqual([2, "", `✖ ${what}\n  next    ${next}\n`]);
  });

  it("has no topology anywhere: says where it looked", async () => {
    const { exit, err } = await run(["validate"], { cwd: empty });
    expect(exit).toBe(2);
    expect(err).toContain(
      "✖ no topology was named, and none was found: the argument, --file, $PDCTL_TOPOLOGY, ./cluster.yaml, ./pdctl.yaml",
    );
  });

  it("names a file that is not there", async () => {
    const { exit, err } = await run(["plan", "nope.yaml"], { cwd: empty });
    expect([exit, err]).toEqual([
      2,
      "✖ nope.yaml was not read\n  why     there is no such file\n  next    pdctl init\n",
    ]);
  });

  it("does not start a test whose report could not be written", async () => {
    const { exit, err, out } = await run(["test", topology, "--junit", "nowhere/pdctl.xml"], { cwd: empty });
    expect([exit, out, err]).toEqual([
      2,
      "",
      "✖ nowhere/pdctl.xml cannot be written: there is no such directory\n  next    pdctl test --junit FILE\n",
    ]);
  });

  it("has no host key to look at where no node is reached by SSH", async () => {
    const { exit, out } = await run(["trust", topology], { cwd: empty });
    expect([exit, out]).toEqual([0, "✔ no node is reached by SSH: there is no host key to keep\n"]);
  });

  it("names the topology that was probably meant", async () => {
    const { exit, err } = await run(["plan", "lokal.yaml"], { cwd: dirname(topology) });
    expect([exit, err.split("\n")]).toEqual([
      2,
      [
        "✖ lokal.yaml was not read",
        "  why     there is no such file",
        "  do      there is local.yaml",
        "  next    pdctl validate local.yaml",
        "",
      ],
    ]);
  });

  it.each([
    ["nope.yaml", 2],
    ["/dev/null", 3],
  ])("ends in a result for whoever reads events: up %s --ndjson", async (file, exit) => {
    const up = await run(["up", file, "--ndjson"], { cwd: empty });
    const events = up.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([up.exit, up.err]).toEqual([exit, ""]);
    expect(events).toMatchObject([
      { seq: 1, type: "finding", level: "error" },
      { seq: 2, type: "result", data: { verb: "up", exit } },
    ]);
  });

  it("names a directory instead of a file", async () => {
    const { exit, err } = await run(["plan", "."], { cwd: empty });
    expect([exit, err.split("\n")[1]]).toEqual([2, "  why     it is a directory"]);
  });

  it("is one document with --json", async () => {
    const { exit, out, err } = await run(["plan", "nope.yaml", "--json"], { cwd: empty });
    expect([exit, err]).toEqual([2, ""]);
    expect(JSON.parse(out)).toMatchObject({
      findings: [{ level: "error", code: "file.unreadable", title: "nope.yaml was not read" }],
      result: { verb: "plan", exit: 2 },
    });
  });

  it("has no cluster to look at: status says so without a topology", async () => {
    const { exit, err } = await run(["status"], { cwd: empty });
    expect([exit, err.split("\n")[0]]).toEqual([2, "✖ no topology was named, and no cluster is known here"]);
  });

  it("is in ASCII where the locale is not UTF-8", async () => {
    const { err } = await run(["upp"], { cwd: empty, env: { LANG: "C" } });
    expect(err).toBe("x unknown verb upp; did you mean up?\n  next    pdctl --help\n");
  });

  it("takes common options before the verb too", async () => {
    const { err, exit } = await run(["--ascii", "--no-color", "validate", "nope.yaml"], {
      cwd: empty,
      env: { FORCE_COLOR: "1" },
    });
    expect([exit, err.split("\n")[0]]).toEqual([2, "x nope.yaml was not read"]);
  });
});
