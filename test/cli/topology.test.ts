import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { screen } from "../report/story.ts";
import { run } from "./run-pdctl.ts";
import { pdctl } from "./terminal.ts";

const topologies = join(import.meta.dirname, "../../topologies");
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-topology-"));
  await cp(join(topologies, "ascend-moe-mooncake.yaml"), join(home, "cluster.yaml"));
});
afterAll(() => rm(home, { recursive: true }));

/** The reference set-up with three mistakes in it, as a file of its own. */
async function broken(name: string, ...changes: readonly (readonly [string, string])[]): Promise<string> {
  const text = await readFile(join(home, "cluster.yaml"), "utf8");
  await writeFile(
    join(home, name),
    changes.reduce((before, [from, to]) => before.replace(from, to), text),
  );
  return name;
}

describe.concurrent("validate", () => {
  it("is two lines for a sound topology", async () => {
    const { exit, out, err } = await run(["validate"], { cwd: home });
    expect([exit, out, err]).toEqual([
      0,
      "✔ cluster.yaml: ascend-moe, 10 services on 4 nodes, no errors, no warnings\n  next    pdctl plan\n",
      "",
    ]);
  });

  it.each(["cat cluster.yaml | $PDCTL -", "$PDCTL <(cat cluster.yaml)"])("reads a pipe, once: %s", async (line) => {
    const child = spawn("bash", ["-c", line.replace("$PDCTL", `'${process.execPath}' '${pdctl}' validate`)], {
      cwd: home,
    });
    const [out, exit] = await Promise.all([
      text(child.stdout),
      new Promise<number | null>((resolve) => void child.on("close", resolve)),
    ]);
    expect([exit, out]).toEqual([0, expect.stringMatching(/: ascend-moe, 10 services on 4 nodes, no errors/)]);
  });

  it("shows all errors at once, on stdout, with exit 3", async () => {
    const file = await broken(
      "three.yaml",
      ["kv_port: 28001 ", "kv_prot: 28001 "],
      ["tp: 4, dp: 4", "tp: 8, dp: 4"],
      ["port: 7850", "port: 9000"],
    );
    const { exit, out, err } = await run(["validate", file], { cwd: home });
    expect([exit, err]).toEqual([3, ""]);
    const heads = out.split("\n").filter((line) => line.startsWith("✖"));
    const expected = screen("validate-errors").filter((line) => line.startsWith("✖"));
    expect(heads).toEqual(expected.map((line) => line.replaceAll("cluster.yaml", "three.yaml")));
  });

  it("warnings are exit 0, and exit 3 with --strict", async () => {
    const file = await broken("warned.yaml", ["random-input-len: 8000", "random-input-len: 16500"]);
    const [lenient, strict, asked] = await Promise.all([
      run(["validate", file], { cwd: home }),
      run(["validate", "--strict", file], { cwd: home }),
      run(["validate", "--json", file], { cwd: home }),
    ]);
    const counted = JSON.parse(asked.out).result;
    expect([lenient.exit, strict.exit]).toEqual([0, counted.warnings > 0 ? 3 : 0]);
  });

  it("finds the topology by -f, by $PDCTL_TOPOLOGY and by its usual names, the argument first", async () => {
    await writeFile(join(home, "other.yaml"), await readFile(join(topologies, "local.yaml")));
    const heads = await Promise.all([
      run(["validate", "-f", "other.yaml"], { cwd: home }),
      run(["validate"], { cwd: home, env: { PDCTL_TOPOLOGY: "other.yaml" } }),
      run(["validate", "cluster.yaml"], { cwd: home, env: { PDCTL_TOPOLOGY: "other.yaml" } }),
    ]);
    expect(heads.map(({ out }) => out.split(":")[0])).toEqual(["✔ other.yaml", "✔ other.yaml", "✔ cluster.yaml"]);
  });

  it("--json is the same as one document", async () => {
    const { out } = await run(["validate", "--json"], { cwd: home });
    expect(JSON.parse(out)).toMatchObject({
      schema: "pdctl.result/1",
      cluster: "ascend-moe",
      result: { verb: "validate", exit: 0, errors: 0 },
    });
  });

  it("--hosts takes a range or a file, --set changes one value", async () => {
    await writeFile(join(home, "hosts"), "10.1.0.1 # first\n10.1.0.2\n10.1.0.3 10.1.0.4\n");
    const nodes = async (value: string) =>
      JSON.parse((await run(["plan", "--json", "--hosts", value, "--set", "proxy.port=7900"], { cwd: home })).out);
    const [range, file] = await Promise.all([nodes("10.1.0.[1-4]"), nodes("hosts")]);
    expect(range.nodes.map(({ host }: { host: string }) => host)).toEqual([
      "10.1.0.1",
      "10.1.0.2",
      "10.1.0.3",
      "10.1.0.4",
    ]);
    expect(file.nodes).toEqual(range.nodes);
    expect(range.smoke.url).toBe("http://10.1.0.1:7900");
  });
});

describe.concurrent("plan", () => {
  it("is the specified screen, in a pipe and without colour", async () => {
    const { exit, out } = await run(["plan"], { cwd: home });
    const hashless = (line: string) => line.replace(/^plan \w{8}/, "plan ########");
    expect(exit).toBe(0);
    expect(out.trimEnd().split("\n").slice(0, -1).map(hashless)).toEqual(screen("plan").slice(0, -1).map(hashless));
  });

  it("with errors shows them instead, exit 3", async () => {
    const file = await broken("one.yaml", ["kv_port: 28001 ", "kv_prot: 28001 "]);
    const { exit, out } = await run(["plan", file], { cwd: home });
    expect([exit, out.split("\n")[0]]).toEqual([3, '✖ one.yaml:14:5  S07  unknown key "kv_prot"']);
  });

  it("--script is bash that bash can read, and the same bytes each time", async () => {
    const [first, again] = await Promise.all([
      run(["plan", "--script", "prefill-0-2"], { cwd: home }),
      run(["plan", "--script", "prefill-0-2"], { cwd: home }),
    ]);
    expect(first.out).toBe(again.out);
    expect(first.out.startsWith("#!")).toBe(true);
    const bash = spawn("bash", ["-n"], { stdio: ["pipe", "inherit", "inherit"] });
    bash.stdin.end(first.out);
    expect(await new Promise((resolve) => bash.on("close", resolve))).toBe(0);
  });

  it("does not guess which engine is meant", async () => {
    const { exit, err } = await run(["plan", "--explain", "prefill-0"], { cwd: home });
    expect([exit, err.split("\n")[0]]).toEqual([
      2,
      "✖ no service prefill-0 in 10; did you mean prefill-0-0, prefill-0-1, prefill-0-2?",
    ]);
  });

  it("has colour only where it is wanted", async () => {
    const on = await run(["validate"], { cwd: home, env: { FORCE_COLOR: "1" } });
    const off = await Promise.all([
      run(["validate"], { cwd: home }),
      run(["validate", "--no-color"], { cwd: home, env: { FORCE_COLOR: "1" } }),
      run(["validate"], { cwd: home, env: { FORCE_COLOR: "1", NO_COLOR: "1" } }),
    ]);
    expect(on.out.startsWith("\x1b[32m✔\x1b[39m cluster.yaml")).toBe(true);
    expect(off.map(({ out }) => out.includes("\x1b"))).toEqual([false, false, false]);
  });

  it("is quiet when its reader leaves", async () => {
    const child = spawn(
      "bash",
      ["-c", `set -o pipefail; ${process.execPath} ${pdctl} plan --json | head -c 100 >/dev/null; echo "$?"`],
      {
        cwd: home,
        env: { PATH: process.env.PATH ?? "", HOME: home, LANG: "C.UTF-8" },
      },
    );
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    await new Promise((resolve) => child.on("close", resolve));
    expect([out, err]).toEqual(["0\n", ""]);
  });
});

describe.concurrent("a secret of the topology", () => {
  it("is missing: up touches no node, exit 3, and says its name", async () => {
    const file = await broken("secret.yaml", ["name: ascend-moe", "name: ascend-moe\nsecrets: [HF_TOKEN]"]);
    const { exit, err } = await run(["up", file], { cwd: home });
    expect([exit, err.split("\n")[0]]).toEqual([3, "✖ secret HF_TOKEN not set in this environment"]);
  });

  it("is too short to be hidden: up touches no node, exit 3, and says its name, not its value", async () => {
    const file = await broken("short.yaml", ["name: ascend-moe", "name: ascend-moe\nsecrets: [PIN]"]);
    const { exit, out, err } = await run(["up", file], { cwd: home, env: { PIN: "q7z" } });
    expect([exit, err.split("\n")[0]]).toEqual([3, "✖ secret PIN shorter than 4 characters"]);
    expect(out + err).not.toContain("q7z");
  });

  it("is never shown, wherever the user has written its value", async () => {
    const file = await broken(
      "leaky.yaml",
      ["name: ascend-moe", "name: ascend-moe\nsecrets: [HF_TOKEN]"],
      ["VLLM_USE_MODELSCOPE: ", "LEAK: hf_0123456789, VLLM_USE_MODELSCOPE: "],
    );
    const words = [
      ["plan", file, "--json"],
      ["plan", file, "--explain", "prefill-0-2", "--full"],
      ["plan", file, "--script", "prefill-0-2"],
    ];
    const shown = await Promise.all(words.map((each) => run(each, { cwd: home, env: { HF_TOKEN: "hf_0123456789" } })));
    for (const { out, exit } of shown) {
      expect([exit, out.includes("hf_0123456789")]).toEqual([0, false]);
      expect(out).toMatch(/LEAK.{1,6}\*\*\*/);
    }
  });
});

describe.concurrent("what comes from outside of the file", () => {
  it("the allocation and the environment are those that pdctl was started in", async () => {
    const text = `name: \${env:CLUSTER:-batch}
model: m/x
nodes: { from: slurm, hardware: cuda, devices: 8 }
kv: { transfer: { connector: nixl } }
prefill: { nodes: gpu07 }
decode: { nodes: gpu08 }
proxy: { node: gpu07 }
`;
    await writeFile(join(home, "slurm.yaml"), text);
    const outside = await run(["validate", "slurm.yaml"], { cwd: home });
    expect([outside.exit, outside.out.split("\n")[0]]).toEqual([
      3,
      "✖ slurm.yaml:3:16  from  there is no SLURM allocation here: SLURM_JOB_NODELIST is not set",
    ]);
    const env = { SLURM_JOB_NODELIST: "gpu[07-08]", CLUSTER: "night" };
    const inside = await run(["validate", "slurm.yaml"], { cwd: home, env });
    expect([inside.exit, inside.out.split("\n")[0]]).toEqual([
      0,
      "✔ slurm.yaml: night, 3 services on 2 nodes, no errors, no warnings",
    ]);
  });
});
