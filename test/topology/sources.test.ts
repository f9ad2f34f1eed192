import { describe, expect, it } from "vitest";
import { listedBy } from "../../src/topology/sources/index.ts";
import { inventoryHosts } from "../../src/topology/sources/inventory-hosts.ts";
import { BASE, loadTexts, spoken } from "./loading.ts";

const INI = `
lone:2222
[rack1]
gpu[01:02]
[rack2]
gpu11 ansible_host=10.0.1.11 ansible_user='mi ra' # own
; nobody
[all:vars]
ansible_user=all
[gpus:children]
rack1
rack2
[gpus:vars]
ansible_user=gpus
ansible_port=22
[rack1:vars]
ansible_user=rack
`;
const YAML = `
all:
  vars: { ansible_user: all }
  hosts: { "lone:2222": }
  children:
    gpus:
      vars: { ansible_user: gpus, ansible_port: 22 }
      children:
        rack1: { hosts: { "gpu[01:02]": }, vars: { ansible_user: rack } }
        rack2: { hosts: { gpu11: { ansible_host: 10.0.1.11, ansible_user: mi ra } } }
`;
const read = (path: string) => Buffer.from(path.endsWith(".ini") ? INI : YAML);

describe("an Ansible inventory is read as Ansible reads it", () => {
  it.each(["hosts.ini", "hosts.yaml"])("%s: the host's own variables win, then the nearer group's", (name) => {
    const listed = listedBy(name, { read });
    if ("wrong" in listed) throw new Error(listed.wrong);
    const byName = new Map(listed.hosts.map(({ name: host, ...rest }) => [host, rest]));
    expect(byName).toEqual(
      new Map([
        ["lone", { user: "all", port: 2222 }],
        ["gpu01", { user: "rack", port: 22 }],
        ["gpu02", { user: "rack", port: 22 }],
        ["gpu11", { host: "10.0.1.11", user: "mi ra", port: 22 }],
      ]),
    );
    expect(listed.groups.get("gpus")).toEqual(["gpu01", "gpu02", "gpu11"]);
    expect(listed.groups.get("all")?.length).toBe(4);
  });

  it("a file without a suffix is told by its first line", () => {
    for (const text of [INI, YAML]) {
      const listed = listedBy("hosts", { read: () => Buffer.from(text) });
      expect("hosts" in listed && listed.hosts.length).toBe(4);
    }
  });

  it.each([
    ["web[01:03].org", ["web01.org", "web02.org", "web03.org"]],
    ["db-[a:c]", ["db-a", "db-b", "db-c"]],
    ["r[1:2]n[0:4:2]", ["r1n0", "r1n2", "r1n4", "r2n0", "r2n2", "r2n4"]],
    ["n[3:1]", undefined],
    ["n[1:99999999]", undefined],
  ])("%s", (pattern, hosts) => expect(inventoryHosts(pattern)).toEqual(hosts));

  it("groups that contain each other end", () => {
    const listed = listedBy("x.ini", { read: () => Buffer.from("[a]\nn1\n[a:children]\nb\n[b:children]\na\n") });
    expect("groups" in listed && listed.groups.get("b")).toEqual(["n1"]);
  });
});

describe("nodes that somebody else lists", () => {
  const over = (nodes: string, env: Record<string, string> = {}) =>
    loadTexts(
      {
        "t.yaml": `extends: base.yaml\nnodes:\n${nodes}\nprefill: { nodes: rack1, instances: 2 }\ndecode: { nodes: [gpu11] }\nproxy: { node: lone }\n`,
        "base.yaml": BASE,
        "hosts.yaml": YAML,
      },
      { env },
    );

  it("have the list's login, and a role may name a group", () => {
    const { topology, diagnostics } = over("  - { from: hosts.yaml, hardware: cuda, devices: 8, ssh: { port: 2200 } }");
    expect(spoken(diagnostics)).toBe("");
    expect(topology?.instances.map(({ nodes }) => nodes)).toEqual([["gpu01"], ["gpu02"], ["gpu11"]]);
    expect(topology?.nodes.map(({ name, host, ssh }) => [name, host, ssh.user, ssh.port])).toEqual([
      ["lone", "lone", "all", 2200],
      ["gpu01", "gpu01", "rack", 2200],
      ["gpu02", "gpu02", "rack", 2200],
      ["gpu11", "10.0.1.11", "mi ra", 2200],
    ]);
  });

  it("of an allocation keep their padding, and take the names that are given, in order", () => {
    const text = `${BASE.replace(/nodes: \[\{.*\}\]/, 'nodes: { from: slurm, name: "n[0-1]", hardware: cuda, devices: 8 }')}`;
    const { topology, diagnostics } = loadTexts(
      { "t.yaml": text },
      { env: { SLURM_JOB_NODELIST: "rack[1-2]-gpu007" } },
    );
    expect(spoken(diagnostics)).toBe("");
    expect(topology?.nodes.map(({ name, host }) => [name, host])).toEqual([
      ["n0", "rack1-gpu007"],
      ["n1", "rack2-gpu007"],
    ]);
  });

  it("are named by their first label where those differ", () => {
    const names = (list: string) =>
      loadTexts(
        { "t.yaml": BASE.replace(/nodes: \[\{.*\}\]/, "nodes: { from: slurm, hardware: none }") },
        { env: { SLURM_JOB_NODELIST: list } },
      ).diagnostics.map(({ remedy }) => remedy.join());
    expect(names("A_1.x.org,b2.x.org")[0]).toBe("one of a-1, b2");
    expect(names("n1.x.org,n1.y.org")[0]).toBe("one of n1-x-org, n1-y-org");
  });
});
