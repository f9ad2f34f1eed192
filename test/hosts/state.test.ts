import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Lab } from "./lab.ts";
import { hosts } from "./lab.ts";
import { launcher } from "./launcher.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;
const audit = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** What is true of a cluster is on its nodes: whoever can log in finds it there. */
describe("the nodes' own state", () => {
  /** A second machine: the same user, nothing remembered, no topology. */
  const other = { env: { XDG_STATE_HOME: join(launcher.home, "second") } };

  it("is enough for status, logs, smoke and down from any machine that names one node; every change left a line", async () => {
    await using lab = await hosts(two);
    const secret = "hf_s3cret";
    const options = { env: { HF_TOKEN: secret } };
    const file = topology("found", { more: ["secrets: [HF_TOKEN]"] });
    const up = await pdctl(["up", file, "--no-smoke"], options);
    expect(up.code, said(up)).toBe(0);
    await refusesWhatAnotherHas(lab);

    const n1 = ["--cluster", "found", "--host", "10.0.5.11"];
    const status = await pdctl(["status", ...n1, "--json"], other);
    expect(status.code, said(status)).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      cluster: "found",
      state: "healthy",
      nodes: [{ node: "n0" }, { node: "n1" }],
    });
    expect((await pdctl(["logs", "prefill", "--host", "10.0.5.11"], other)).stdout).toMatch(/\S/);
    expect((await pdctl(["smoke", "--cluster", "found", "--host", "root@10.0.5.11"], other)).code).toBe(0);
    const absent = await pdctl(["status", "--cluster", "nobody", "--host", "10.0.5.11"], other);
    expect(absent.code).toBe(1);
    expect(said(absent)).toMatch(/10\.0\.5\.11 knows nothing of nobody/);

    const there = audit(lab.host("n1").read("/root/.pdctl/found/n1/audit"));
    const hash = JSON.parse((await pdctl(["plan", file, "--json"], options)).stdout).hash;
    expect(hash).toMatch(/^[0-9a-f]/);
    expect(there.map(({ does, what, exit }) => [does, ...what, exit])).toEqual([
      ["state", 0],
      ["push", 0],
      ["start", "decode-0-0", 0],
    ]);
    for (const line of there)
      expect(line).toMatchObject({
        verb: "up",
        who: expect.stringContaining("@"),
        from: "10.0.5.254",
        plan: expect.stringMatching(/^[0-9a-f]{8}/),
      });
    const here = audit(readFileSync(join(launcher.home, ".local/state/pdctl/found/audit.log"), "utf8"));
    expect(here.filter(({ node }) => node === "n1").map(({ does, result }) => [does, result])).toEqual([
      ["state", "done"],
      ["push", "done"],
      ["start", "done"],
    ]);
    expect(JSON.stringify([there, here])).not.toContain(secret);

    const down = await pdctl(["down", ...n1, "--json"], other);
    expect(down.code, said(down)).toBe(0);
    expect(JSON.parse(down.stdout).receipt.nodes).toHaveLength(2);
    expect(lab.leftovers()).toEqual([]);
  });

  async function refusesWhatAnotherHas(lab: Lab): Promise<void> {
    const before = lab.hosts.flatMap(engines);
    const beside = await pdctl(["up", topology("beside")]);
    expect(beside.code).toBe(8);
    expect(said(beside)).toMatch(/N14 +n0 runs found of \S+: port 8100 \(http of prefill-0-0\) belongs to prefill-0-0/);
    expect(said(beside)).toContain("pdctl down --cluster found --host 10.0.5.10");
    const renamed = topology("found", {
      file: "same-name",
      hosts: [
        { name: "a", ip: "10.0.5.10" },
        { name: "b", ip: "10.0.5.11" },
      ],
    });
    const same = await pdctl(["up", renamed], other);
    expect(same.code, said(same)).toBe(8);
    expect(lab.hosts.flatMap(engines)).toEqual(before);
  }

  it("names the nodes that a changed topology does not: down takes those down as well", async () => {
    await using lab = await hosts(two);
    expect((await pdctl(["up", topology("moved"), "--no-smoke"])).code).toBe(0);
    const alone = topology("moved", { hosts: two.slice(0, 1) });
    const status = await pdctl(["status", alone, "--json"], other);
    expect(JSON.parse(status.stdout).nodes).toMatchObject([{ node: "n0" }, { node: "n1", state: "reached" }]);
    const down = await pdctl(["down", alone], other);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("tells what went with a node's boot, and up starts the whole group again", async () => {
    await using lab = await hosts(two);
    const parallel = ", parallel: { tp: 1, dp: 2, dp_lb: external, rpc_port: 13399 }";
    const file = topology("booted", { decode: parallel });
    const spread = ["--set", "decode.nodes=[n0, n1]"];
    expect((await pdctl(["up", file, ...spread, "--no-smoke"])).code).toBe(0);
    const before = engines(lab.host("n0"));
    await lab.host("n1").reboot();
    const status = await pdctl(["status", file]);
    expect(status.code).toBe(5);
    expect(status.stdout).toMatch(/decode-0-1 +died +n1 .*gone with the boot of \d\d:\d\d:\d\dZ/);
    const up = await pdctl(["up", file, ...spread, "--no-smoke"]);
    expect(up.code, said(up)).toBe(0);
    const decode = (list: readonly string[]) => list.filter((one) => one.includes("/decode-"));
    expect(decode(engines(lab.host("n1")))).toHaveLength(1);
    expect(decode(engines(lab.host("n0")))).toHaveLength(1);
    expect(decode(engines(lab.host("n0")))).not.toEqual(decode(before)); // no rank of a group is replaced alone
    expect((await pdctl(["down", file])).code).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });
});
