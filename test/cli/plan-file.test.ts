import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";

const topologies = join(import.meta.dirname, "../../topologies");
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-plan-"));
  await cp(join(topologies, "ascend-moe-mooncake.yaml"), join(home, "cluster.yaml"));
  await cp(join(topologies, "local.yaml"), join(home, "local.yaml"));
});
afterAll(() => rm(home, { recursive: true }));
const pdctl = (...words: string[]) => run(words, { cwd: home });

describe("a plan as a file", () => {
  it("is the plan of --json, for its owner alone, and says what to do with it", async () => {
    const [written, json] = [await pdctl("plan", "-o", "plan.json"), await pdctl("plan", "--json")];
    expect([written.exit, written.err]).toEqual([0, ""]);
    expect(written.out).toMatch(
      /^✔ plan [0-9a-f]{8} is in plan.json, provisional: .*\n {2}next {4}pdctl up --plan plan.json · pdctl plan --diff plan.json\n$/,
    );
    expect(await readFile(join(home, "plan.json"), "utf8")).toBe(json.out);
    expect((await stat(join(home, "plan.json"))).mode & 0o777).toBe(0o600);
  });

  it("is compared with the topology as it is now, and with another topology", async () => {
    await pdctl("plan", "-o", "before.json");
    const same = await pdctl("plan", "--diff", "before.json");
    expect([same.exit, same.out.slice(0, 15)]).toEqual([0, "✔ no difference"]);
    const changed = await pdctl("plan", "--diff", "before.json", "--set", "prefill.args.max-num-seqs=8");
    expect(changed.out).toContain("~ changed   prefill-0-[0-3]      --max-num-seqs 4 → 8\n");
    const other = await pdctl("plan", "--diff", "cluster.yaml", "--set", "prefill.args.max-num-seqs=8");
    expect(other.out).toContain("--max-num-seqs 4 → 8");
    const machine = await pdctl("plan", "--diff", "before.json", "--set", "prefill.args.max-num-seqs=8", "--json");
    expect(JSON.parse(machine.out)).toMatchObject({
      schema: "pdctl.plan-diff/1",
      services: [{ kind: "changed" }, {}, {}, {}],
    });
  });

  it("that was changed by hand is not run", async () => {
    await pdctl("plan", "local.yaml", "-o", "local.json");
    const text = await readFile(join(home, "local.json"), "utf8");
    await writeFile(join(home, "changed.json"), text.replace('"--tensor-parallel-size"', '"--tensor-parallel-sizes"'));
    const { exit, err } = await pdctl("up", "--plan", "changed.json");
    expect(text).toContain('"--tensor-parallel-size"');
    expect([exit, err.split("\n")[0]]).toEqual([3, "✖ changed.json is no plan that can be run"]);
    expect(err).toContain("was changed after the plan was written");
  });

  it("takes nothing beside it that could say something else", async () => {
    const { exit, err } = await pdctl("up", "local.yaml", "--plan", "x.json", "--set", "name=y");
    expect([exit, err.split("\n")[0]]).toEqual([2, "✖ --plan says all that is to run: leave out the topology, --set"]);
    const two = await pdctl("plan", "--ports", "--diff", "x.json");
    expect([two.exit, two.err.split("\n")[0]]).toEqual([2, "✖ --diff and --ports are two answers"]);
    const missing = await pdctl("up", "--plan", "nowhere.json");
    expect([missing.exit, missing.err.split("\n")[0]]).toEqual([2, "✖ nowhere.json was not read"]);
  });
});

describe("what will run on a node", () => {
  it("is all its scripts, each as --script ID prints it", async () => {
    const [node, master, engine] = await Promise.all(
      ["a2-1", "mooncake-master", "prefill-0-0"].map((name) => pdctl("plan", "--script", name)),
    );
    expect(
      node?.out.startsWith(`##### mooncake-master on a2-1, launch.sh #####\n${master?.out}##### prefill-0-0`),
    ).toBe(true);
    expect(node?.out).toContain(engine?.out ?? "nothing");
    expect(node?.out.match(/^#####/gm)).toHaveLength(4);
  });

  it("has its ports and the rules that let them be reached", async () => {
    const [ports, text, nft, json] = await Promise.all([
      pdctl("plan", "--ports"),
      pdctl("plan", "--firewall", "text"),
      pdctl("plan", "--firewall", "nft"),
      pdctl("plan", "--firewall", "nft", "--json"),
    ]);
    expect(ports.out.split("\n").filter((line) => line !== line.trimEnd())).toEqual([]);
    expect(ports.out).toMatch(/20000-28000 +transfer engine +mooncake-ascend +- +drawn at random/);
    expect(text.out).toMatch(/13395 +dp rpc +from a2-2/);
    const { rulesets } = JSON.parse(json.out);
    expect(Object.keys(rulesets)).toEqual(["a2-1", "a2-2", "a2-3", "a2-4"]);
    expect(nft.out).toContain(rulesets["a2-2"]);
  });
});
