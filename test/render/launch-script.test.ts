import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Plan, Service } from "../../src/plan/plan.ts";
import { launchScript } from "../../src/render/index.ts";
import type { Env } from "../../src/topology/topology.ts";

const template = readFileSync(new URL("../../templates/launch/launch.sh", import.meta.url), "utf8");
const directory = mkdtempSync(path.join(tmpdir(), "launch-"));
afterAll(() => rmSync(directory, { recursive: true }));

const dump =
  "process.stdout.write(JSON.stringify({ argv: process.argv.slice(1), env: process.env, cwd: process.cwd() }))";
const service: Service = {
  id: "prefill-0-0",
  kind: "engine",
  role: "prefill",
  instance: "0",
  process: 0,
  group: "prefill-0",
  ranks: [0],
  node: "n0",
  devices: [],
  runtime: { kind: "process" },
  vendor: [],
  prelude: null,
  argv: [],
  env: {},
  secrets: [],
  files: [],
  scratch: [],
  listens: [],
  reserves: [],
  ready: [],
  live: [],
  stop: { order: 0, graceMs: 0 },
  peers: [],
  hash: "",
};

interface Seen {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Runs the real script with real bash; the engine is a process that says what it got. */
function run(
  changes: Partial<Service>,
  args: readonly string[] = [],
  outside: Readonly<Record<string, string>> = {},
): Seen {
  const file = path.join(directory, "launch.sh");
  const argv = [process.execPath, "-e", dump, "--", ...args];
  writeFileSync(file, launchScript({ ...service, ...changes, argv }, { cluster: "test" } as Plan, template));
  const base = { PATH: process.env.PATH ?? "", HOME: "/home/li", ...outside };
  return JSON.parse(execFileSync("bash", [file], { encoding: "utf8", env: base })) as Seen;
}

const hostile = fc
  .array(
    fc.constantFrom(
      ..." '\"\n\t$`!\\{}*?~#;&|<>()[]=:-%^",
      "é",
      "語",
      "😀",
      "${HOME}",
      "${NOT_SET}",
      "$HOME",
      "$(id)",
      "a",
      "B",
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));
const values = fc.array(hostile, { minLength: 1, maxLength: 12 });

/** What a node makes of a value: `${NAME}` alone is replaced, once, and the result is not looked at again. */
const expanded = (text: string) =>
  text.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_, name) => (name === "HOME" ? "/home/li" : ""));

describe("a launch script", () => {
  it("hands every argument and variable to the engine byte for byte, whatever they hold", () => {
    fc.assert(
      fc.property(values, values, (args, texts) => {
        const env: Env = Object.fromEntries(texts.map((text, i) => [`T_${i}`, text]));
        const seen = run({ env }, args);
        expect(seen.argv).toEqual(args);
        for (const [i, text] of texts.entries()) expect(seen.env[`T_${i}`]).toBe(expanded(text));
      }),
      { numRuns: 20 },
    );
  });

  it("joins path lists with what the node has, without an empty entry", () => {
    const env: Env = {
      A: { prepend: ["/p1", "/p2"], append: [] },
      B: { prepend: ["/p"], append: ["/q"] },
      C: { prepend: [], append: ["/q", ""] },
      D: { prepend: ["/p"], append: ["${HOME}/q"] },
    };
    const seen = run({ env }, [], { B: "/have:/too", C: "/have", D: "" });
    expect([seen.env.A, seen.env.B, seen.env.C, seen.env.D]).toEqual([
      "/p1:/p2",
      "/p:/have:/too:/q",
      "/have:/q",
      "/p:/home/li/q",
    ]);
  });

  it("sources vendor scripts where they exist, then the prelude, and lets the plan's variables win", () => {
    const vendor = path.join(directory, "vendor's.sh");
    const prelude = path.join(directory, "prelude");
    writeFileSync(vendor, 'export FROM_VENDOR=1 BOTH=vendor UNSET_IS_FINE="$NOT_SET_ANYWHERE"\nfalse\n');
    writeFileSync(prelude, "export BOTH=prelude PICKED=prelude\n");
    const seen = run({
      vendor: ["/does/not/exist.sh", vendor],
      files: [{ name: "prelude", path: prelude, sha256: "", content: "" }],
      env: { PICKED: "plan", SAYS: "${BOTH}" },
    });
    expect(seen.env).toMatchObject({ FROM_VENDOR: "1", BOTH: "prelude", PICKED: "plan", SAYS: "prelude" });
  });

  it("reads secrets from the file beside it and starts without it when somebody runs it by hand", () => {
    writeFileSync(path.join(directory, "secrets"), "HF_TOKEN='it'\\''s secret'\n");
    expect(run({ secrets: ["HF_TOKEN"] }).env.HF_TOKEN).toBe("it's secret");
    rmSync(path.join(directory, "secrets"));
    expect(run({ secrets: ["HF_TOKEN"] }, [], { HF_TOKEN: "own" }).env.HF_TOKEN).toBe("own");
  });

  it("makes its scratch directories for itself alone, and refuses to make up a missing mount", () => {
    const scratch = path.join(directory, "scratch");
    expect(run({ scratch: [scratch] }).cwd).toBe(scratch);
    expect(run({ scratch: [scratch] }).cwd).toBe(scratch);
    expect(execFileSync("stat", ["-c", "%a", scratch], { encoding: "utf8" })).toBe("700\n");
    expect(() => run({ scratch: [path.join(directory, "no-mount", "sub")] })).toThrow(/No such file or directory/);
  });

  it("leaves no name of its own in the engine's environment and keeps a user's variables of common names", () => {
    const seen = run({ env: { name: "n", rest: "r", pair: "p", REPLY: "y", X: { prepend: ["/x"], append: [] } } });
    expect(seen.env).toMatchObject({ name: "n", rest: "r", pair: "p", REPLY: "y", X: "/x" });
    expect(Object.keys(seen.env).filter((name) => /^pd_/i.test(name))).toEqual([]);
  });

  it("becomes the engine: exit status and signals are its own", () => {
    const file = path.join(directory, "exit.sh");
    const argv = [process.execPath, "-e", "process.exit(7)"];
    writeFileSync(file, launchScript({ ...service, argv }, { cluster: "test" } as Plan, template));
    expect(() => execFileSync("bash", [file], { stdio: "pipe" })).toThrow(expect.objectContaining({ status: 7 }));
  });
});

it("an engine's temporary files lie in its own directory, which goes with it, unless the user wants them elsewhere", () => {
  const scratch = [path.join(directory, "own"), path.join(directory, "store")];
  expect(run({ scratch }).env["TMPDIR"]).toBe(scratch[0]);
  expect(run({ scratch, env: { TMPDIR: "/var/tmp" } }).env["TMPDIR"]).toBe("/var/tmp");
  expect(run({}, [], { TMPDIR: "/mine" }).env["TMPDIR"]).toBe("/mine");
});
