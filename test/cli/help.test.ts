import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { program } from "../../src/cli/program.ts";
import { run } from "./run-pdctl.ts";

const verbs = program().commands.filter((command) => !["proxy", "sim", "help"].includes(command.name()));

describe("pdctl --help", () => {
  it("names every verb that there is, once, and no other", async () => {
    const { out, err, exit } = await run(["--help"]);
    expect([exit, err]).toEqual([0, ""]);
    const named = out
      .split("\n")
      .flatMap(
        (line) =>
          /^(?:Write|Run|Look|Share|Try|Other)? {5,}(\S+)/.exec(line)?.[1] ??
          /^(?:Write|Run|Look|Share|Try|Other) +(\S+)/.exec(line)?.[1] ??
          [],
      );
    const others = /^Other +(.*)$/m.exec(out)?.[1]?.split(/\s+/) ?? [];
    expect(new Set([...named, ...others])).toEqual(new Set([...verbs.map((verb) => verb.name()), "proxy", "sim"]));
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(94);
  });

  it("names every verb that tells events as they happen, and no other", async () => {
    const tells = verbs.filter(({ options }) => options.some(({ long }) => long === "--ndjson"));
    const [, named = ""] = /--ndjson +events: (.*)/.exec((await run(["--help"])).out) ?? [];
    const words = named.split(" ");
    expect(new Set(words)).toEqual(new Set(tells.map((verb) => verb.name())));
  });

  it.each(verbs.map((verb) => [verb.name(), verb] as const))("of %s says how it ends", (_, verb) => {
    expect(verb.helpInformation()).toMatch(/\n\n?Exit {2}(0 |of )\S/);
  });

  it("without a verb is the same on stderr, and a usage error", async () => {
    const [asked, bare] = await Promise.all([run(["--help"]), run([])]);
    expect([bare.exit, bare.out, bare.err]).toEqual([2, "", asked.out]);
  });

  it("loads nothing of what the verbs need", async () => {
    const coverage = await mkdtemp(join(tmpdir(), "pdctl-loaded-"));
    await run(["--help"], { env: { NODE_V8_COVERAGE: coverage } });
    const [report = ""] = await readdir(coverage);
    const { result } = JSON.parse(await readFile(join(coverage, report), "utf8"));
    const loaded: string[] = result
      .map(({ url }: { url: string }) => url)
      .filter((url: string) => url.includes("/dist/"));
    const texts = await Promise.all(loaded.map((url) => readFile(fileURLToPath(url), "utf8")));
    expect(texts.join()).toContain("node_modules/commander/"); // it is seen what is loaded
    expect(
      ["listr2", "zod", "ssh2", "undici", "yaml"].filter((name) => texts.join().includes(`node_modules/${name}/`)),
    ).toEqual([]);
    await rm(coverage, { recursive: true });
  });

  it("is not needed to know the version", async () => {
    const { out } = await run(["--version"]);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the help of a program of its own", () => {
  it.each([
    ["proxy", /^Serve .*\n\nUsage {2}pdctl proxy --prefill URL --decode URL \[options\]\n/],
    ["sim", /PDCTL_SIM_FAULTS/],
  ])("of %s is on stdout, with exit 0", async (name, says) => {
    const { exit, out, err } = await run([name, "--help"]);
    expect([exit, err]).toEqual([0, ""]);
    expect(out).toMatch(says);
  });
});

describe("pdctl VERB --help", () => {
  it("of up is exact", async () => {
    expect(
      (await run(["up", "--help"])).out,
    ).toBe(`Start what is missing, change what differs, leave the rest, and end with a proof.

Usage  pdctl up [topology] [options]

  --plan FILE            what pdctl plan -o wrote: exactly that, or nothing when a fact has changed
  --rehearse             stand-in engines on the real nodes and ports; no weight is loaded
  --on-failure keep|stop keep what is healthy (default), or stop everything
  --timeout DURATION     limit until every engine is ready (timeouts.ready, 15m)
  --wait-lock DURATION   wait for another run instead of leaving with exit 7
  --require-evidence     the proof has to be a counter, a log or the store
  --no-smoke             leave the proof out; the last line will say so
  --drain DURATION       limit for requests of what goes to end (5m)
  --ttl DURATION         the nodes take it down so long after the last launcher has left; never
  --adopt                take over a cluster of this name from another owner
  -y, --yes              answer yes

Examples
  pdctl plan -o plan.json && pdctl up --plan plan.json
  pdctl up --set prefill.args.max-num-seqs=8        restarts only what this changes
  pdctl up --hosts "$SLURM_NODELIST" --ttl 2h       in a batch job

Asks where something that runs would stop; off a terminal the answer is yes, and is said.
Exit  0 up and proven, 1 a service or the proof, 3 topology, 4 login, 5 a node was lost,
      6 time, 7 lock, 8 check or no
Undo  pdctl down
`);
  });

  it.each(verbs.map((verb) => [verb.name(), verb] as const))(
    "of %s has a sentence, its usage, and all of its options in 100 columns",
    (name, verb) => {
      const lines = verb.helpInformation().split("\n");
      expect(lines[0]).toMatch(/^[A-Z].*\.$/);
      expect(lines[2]).toMatch(new RegExp(`^Usage  pdctl ${name} `));
      for (const option of verb.options.filter(({ hidden }) => !hidden)) {
        expect(option.description).not.toBe("");
        expect(lines.some((line) => line.startsWith(`  ${option.flags.replace(/[<>]/g, "")} `))).toBe(true);
      }
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    },
  );
});

it("pdctl proxy works by flags: what it would read is on stdout, what it takes for granted on stderr", async () => {
  const words = ["--prefill", "http://10.0.0.1:8100", "--decode", "http://10.0.0.2:8200", "--print-config"];
  const { exit, out, err } = await run(["proxy", ...words]);
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ family: "relay", targets: [{ role: "prefill" }, { role: "decode" }] });
  expect(err).toMatch(/^note: family relay/);
});
