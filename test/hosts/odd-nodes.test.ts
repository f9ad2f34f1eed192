import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { launcher } from "./launcher.ts";
import { topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** Nodes are not all alike, and not all of them are root's. */
describe("nodes as people have them", () => {
  it("ordinary users, homes and state directories of their own, no Node, names that are not the hosts'", async () => {
    await using lab = await hosts([
      { name: "alpha", ip: "10.0.5.10", node: false },
      { name: "beta", ip: "10.0.5.11", directories: ["/scratch"] },
    ]);
    await lab.host("beta").exec("chown ops /scratch");
    const file = join(launcher.home, "odd.yaml");
    writeFileSync(
      file,
      [
        "version: 1",
        "name: odd",
        "model: { path: pdctl/stand-in, kind: moe }",
        "nodes:",
        "  - { name: left, host: alpha, hardware: cuda, devices: 4, ssh: { user: ubuntu } }",
        "  - { name: right, host: beta, ip: 10.0.5.11, hardware: cuda, devices: 4, ssh: { user: ops }, state_dir: /scratch/pd }",
        "kv: { transfer: { connector: nixl } }",
        "engine: { kind: sim }",
        "prefill: { nodes: [left], port: 8100 }",
        "decode: { nodes: [right], port: 8200 }",
        "proxy: { node: left, port: 8000 }",
        "",
      ].join("\n"),
    );
    const up = await pdctl(["up", file, "--require-evidence"]);
    expect(up.code, said(up)).toBe(0);
    expect(lab.host("beta").files("/scratch/pd/odd")).toContain("right/state.json");
    // another cluster on the same nodes, beside it
    const second = join(launcher.home, "second.yaml");
    writeFileSync(
      second,
      "version: 1\nextends: odd.yaml\nname: second\nprefill: { port: 8101 }\ndecode: { port: 8201 }\nproxy: { port: 8001 }\nkv: { transfer: { side_channel_port: 5700 } }\n",
    );
    const other = await pdctl(["up", second]);
    expect(other.code, said(other)).toBe(0);
    expect((await pdctl(["status"])).code).toBe(2); // two clusters, none named
    expect((await pdctl(["down", "second"])).code).toBe(0);
    expect((await pdctl(["status"])).code).toBe(0);
    const down = await pdctl(["down"]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
  });

  it("this machine and one over SSH in one cluster; a wrong node or a damaged index is an answer, not a bug", async () => {
    await using lab = await hosts([{ name: "n1", ip: "10.0.5.11" }]);
    const file = join(launcher.home, "mixed.yaml");
    writeFileSync(
      file,
      [
        "version: 1",
        "name: mixed",
        "model: { path: pdctl/stand-in, kind: moe }",
        "nodes:",
        "  - { name: here, host: local, ip: 10.0.5.254, hardware: cuda, devices: 4 }",
        "  - { name: n1, host: 10.0.5.11, hardware: cuda, devices: 4 }",
        "kv: { transfer: { connector: nixl } }",
        "engine: { kind: sim }",
        "prefill: { nodes: [here], port: 8100 }",
        "decode: { nodes: [n1], port: 8200 }",
        "proxy: { node: here, port: 8000 }",
        "",
      ].join("\n"),
    );
    const up = await pdctl(["up", file, "--require-evidence"]);
    expect(up.code, said(up)).toBe(0);
    const wrong = await pdctl(["status", file, "--nodes", "n7"]);
    expect(wrong.code).toBe(2);
    expect(said(wrong)).toMatch(/n7 is no node of mixed, which has here, n1/);
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(0);
    expect(lab.leftovers()).toEqual([]);
    expect(launcher.files().filter((name) => name.includes(".pdctl"))).toEqual([]);
    writeFileSync(join(launcher.home, ".local/state/pdctl/clusters/broken.json"), '{"cluster":"broken"');
    const damaged = await pdctl(["status"]);
    expect(damaged.code).toBe(2);
    expect(said(damaged)).toMatch(/broken\.json/);
  });

  it("a docker that is strict about its words runs engines in containers, and none is left", async () => {
    await using lab = await hosts(two);
    const docker = readFileSync(join(import.meta.dirname, "../supervise/fake-docker.sh"), "utf8");
    for (const host of lab.hosts) host.write("/usr/local/bin/docker", docker, 0o755);
    const runtime = ", runtime: { kind: docker, image: 'vllm/stand-in:1' }";
    const file = topology("boxed", { prefill: runtime, decode: runtime });
    const up = await pdctl(["up", file]);
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).toMatch(/pull .*2 there already on 2 nodes/);
    const down = await pdctl(["down", file]);
    expect(down.code, said(down)).toBe(0);
    for (const host of lab.hosts) expect(host.files("/usr/local/bin/containers")).toEqual([]);
    // one that only the registry has is pulled on the node that lacks it, and one that nobody has ends the start
    const remote = runtime.replace("stand-in:1", "remote:2");
    const pulled = await pdctl(["up", topology("pulled", { prefill: remote, decode: runtime })]);
    expect(pulled.code, said(pulled)).toBe(0);
    expect(said(pulled)).toMatch(/pull .*1 image pulled, 1 there already on 2 nodes/);
    // asked for anew with every up: nothing restarts while the name means the same image, and what runs from the former one does when it does not
    const always = topology("pulled", { prefill: remote.replace("2' }", "2', pull: always }"), decode: runtime });
    const again = await pdctl(["up", always, "--yes"]);
    expect(again.code, said(again)).toBe(0);
    expect(said(again)).not.toMatch(/restart/);
    for (const host of lab.hosts) host.write("/usr/local/bin/containers.moved", "another");
    const moved = await pdctl(["up", always, "--yes"]);
    expect(moved.code, said(moved)).toBe(0);
    expect(said(moved)).toMatch(/restart prefill-0: image vllm\/remote:2 \S+ → \S+/);
    expect((await pdctl(["down", "pulled"])).code).toBe(0);
    const nowhere = await pdctl([
      "up",
      topology("nowhere", { prefill: runtime.replace("vllm/", "nobody/"), decode: remote }),
    ]);
    expect(nowhere.code, said(nowhere)).toBe(1);
    expect(said(nowhere)).toContain("docker pull nobody/stand-in:1 ended with exit code 1");
    expect(said(nowhere)).toContain("pull access denied for nobody/stand-in");
    expect(said(nowhere)).toContain("[registry-login]");
    // one that nobody is to pull and a node lacks is refused by check
    const kept = await pdctl([
      "up",
      topology("kept", { prefill: remote.replace("2' }", "3', pull: never }"), decode: runtime }),
    ]);
    expect(kept.code, said(kept)).toBe(8);
    expect(said(kept)).toContain("C16 image vllm/remote:3 is not on");
    for (const host of lab.hosts) expect(host.files("/usr/local/bin/containers")).toEqual([]);
    const calls = lab.hosts.map((host) => host.read("/usr/local/bin/containers.calls").match(/^pull .*$/gm));
    const thrice = Array.from({ length: 3 }, () => "pull vllm/remote:2");
    expect(calls).toEqual([[...thrice, "pull nobody/stand-in:1"], ["pull vllm/remote:2"]]);
    expect(lab.leftovers().filter((left) => !left.includes("/usr/local/bin/"))).toEqual([]); // docker itself
  });
});
