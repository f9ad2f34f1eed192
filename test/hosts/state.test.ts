import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Lab } from "./lab.ts";
import { hosts } from "./lab.ts";
import { launcher } from "./launcher.ts";
import { engines, topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";
import { newSshKey } from "./ssh-key.ts";

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

    await restartsFromElsewhere(lab, secret);

    const down = await pdctl(["down", ...n1, "--json"], other);
    expect(down.code, said(down)).toBe(0);
    expect(JSON.parse(down.stdout).receipt.nodes).toHaveLength(2);
    expect(lab.leftovers()).toEqual([]);
  });

  /** Another home with a key of its own, and nothing but the name of a cluster and one of its nodes. */
  async function restartsFromElsewhere(lab: Lab, secret: string): Promise<void> {
    const home = join(launcher.home, "elsewhere");
    const key = newSshKey("elsewhere");
    mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, ".ssh/id_ed25519"), key.private, { mode: 0o600 });
    copyFileSync(join(launcher.ssh, "known_hosts"), join(home, ".ssh/known_hosts"));
    for (const host of lab.hosts) await host.exec("cat >>/root/.ssh/authorized_keys", { input: `${key.public}\n` });
    const env = { HOME: home, XDG_STATE_HOME: undefined };
    const words = ["restart", "decode", "--cluster", "found", "--host", "10.0.5.11", "--no-smoke"];
    const before = lab.hosts.flatMap(engines);
    const without = await pdctl(words, { env });
    expect(without.code, said(without)).toBe(3);
    expect(said(without)).toContain("HF_TOKEN");
    expect(lab.hosts.flatMap(engines)).toEqual(before);
    const restart = await pdctl(words, { env: { ...env, HF_TOKEN: secret } });
    expect(restart.code, said(restart)).toBe(0);
    expect(said(restart)).toMatch(/restart prefill-0: peer of decode-0/);
    const after = lab.hosts.flatMap(engines);
    expect(after).toHaveLength(before.length);
    expect(after.filter((one) => before.includes(one))).toEqual([]);
    const status = await pdctl(["status", "--cluster", "found", "--host", "10.0.5.10"], { env });
    expect(status.code, said(status)).toBe(0);
    const lines = audit(lab.host("n1").read("/root/.pdctl/found/n1/audit")).filter(({ verb }) => verb === "restart");
    expect(lines.map(({ does, exit }) => [does, exit])).toEqual(
      expect.arrayContaining([
        ["stop", 0],
        ["start", 0],
      ]),
    );
    expect(JSON.stringify(lines)).not.toContain(secret);
  }

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
