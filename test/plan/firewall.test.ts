import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Passage } from "../../src/plan/answers/answers.ts";
import { passages } from "../../src/plan/answers/firewall/passages.ts";
import { portMap } from "../../src/plan/answers/firewall/port-map.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { rulesets, rulesetsByNode } from "../../src/report/plan/firewall.ts";
import { planPorts } from "../../src/report/plan/ports.ts";
import { names, topologyFrom, topologyOf } from "./topologies.ts";

const made = (name: string): Plan => plan(topologyOf(name)).plan;
const line = ({ to, from, first, last, purpose }: Passage) =>
  `${from?.join(",") ?? "clients"} → ${to} ${first === last ? first : `${first}-${last}`} ${purpose}`;
const into = (plan: Plan, node: string) =>
  passages(plan)
    .filter(({ to }) => to === node)
    .map(line);

describe("which node must reach which port", () => {
  it("Ascend: proxy to engines, the other role to the kv ports, the group to its head, everybody to the master", () => {
    expect(into(made("ascend-moe-mooncake"), "a2-1")).toEqual([
      "clients → a2-1 7850 http",
      "a2-2 → a2-1 13395 dp_rpc",
      "a2-2,a2-3,a2-4 → a2-1 20000-28000 transfer engine",
      "a2-3,a2-4 → a2-1 28001-28008 kv",
      "a2-2 → a2-1 32768-60999 ranks",
      "a2-2,a2-3,a2-4 → a2-1 50088 rpc",
    ]);
  });

  it("NIXL: decode to prefill's side channel and back, and to ports that UCX takes from the kernel", () => {
    expect(into(made("gb200-deepseek-nixl"), "gb0")).toEqual([
      "gb4,gb5 → gb0 5600-5603 side_channel",
      "router → gb0 8087 http",
      "gb1 → gb0 13345 dp_rpc",
      "gb1 → gb0 32768-60999 ranks",
      "gb4,gb5 → gb0 32768-60999 kv data",
    ]);
  });

  it("a transfer that is told to do without TCP needs no port of the kernel", () => {
    const topology = topologyOf("mi300x-llama-nixl", 'engine.env.UCX_TLS="rc,rocm"');
    expect(passages(plan(topology).plan).filter(({ purpose }) => purpose === "kv data")).toEqual([]);
  });

  it("what stays on one node is nobody's passage", () => {
    expect(passages(made("local"))).toEqual([]);
  });

  it.each(names)("%s: every listener that another node needs is let in, and nothing that nobody has", (name) => {
    const plan = made(name);
    const has = ({ to, first, last, kernel }: Passage) =>
      kernel === true ||
      plan.services.some(
        ({ node, listens }) => node === to && listens.some(({ port }) => port >= first && port <= last),
      ) ||
      (plan.reservations[to] ?? []).some((one) => one.random === true && one.first === first && one.last === last);
    expect(
      passages(plan)
        .filter((one) => !has(one))
        .map(line),
    ).toEqual([]);
    const proxy = plan.services.find(({ kind }) => kind === "proxy");
    const unreached = plan.targets
      .map(({ url }) => new URL(url))
      .filter(({ hostname, port }) => {
        const node = plan.nodes.find(({ ip }) => ip === hostname)?.name;
        const opened = passages(plan).some(
          (one) => one.to === node && one.first <= Number(port) && one.last >= Number(port),
        );
        return node !== proxy?.node && !opened;
      });
    expect(unreached).toEqual([]);
  });
});

describe("the ports of each node", () => {
  it("are listed with what is bound, kept, drawn at random, and left to the kernel", () => {
    const plan = made("ascend-moe-mooncake");
    const lines = planPorts(plan, portMap(plan)).map((text) => text.trimEnd().replace(/ {2,}/g, "  "));
    const at = lines.indexOf("a2-2  192.168.10.2");
    expect(lines.slice(at, at + 8)).toEqual([
      "a2-2  192.168.10.2",
      "  9000  http  prefill-0-2  0.0.0.0",
      "  9001  http  prefill-0-3  0.0.0.0",
      "  20000-28000  transfer engine  mooncake-ascend  -  drawn at random",
      "  28001-28016  kv  prefill-0  -  kept free for its ranks elsewhere",
      "  28009-28012  kv  prefill-0-2  192.168.10.2",
      "  28013-28016  kv  prefill-0-3  192.168.10.2",
      "  32768-60999  ranks  prefill-0  -  wherever the kernel puts them",
    ]);
  });

  it.each(names)("%s: holds every listener of the plan", (name) => {
    const plan = made(name);
    const rows = portMap(plan);
    const missing = plan.services.flatMap(({ id, node, listens }) =>
      listens.filter(
        ({ port }) =>
          !rows.some((row) => row.node === node && row.owner === id && row.first <= port && row.last >= port),
      ),
    );
    expect(missing).toEqual([]);
  });
});

/** Rules are checked where they can do no harm: a network namespace of their own. Why they cannot be, or nothing. */
function lacks(command: string, ...args: string[]): string | undefined {
  const probe = spawnSync("unshare", ["--net", command, ...args], { encoding: "utf8", input: "" });
  return probe.status === 0 ? undefined : (probe.error?.message ?? probe.stderr.trim());
}
const noNft = lacks("nft", "list", "tables");
const noIptables = lacks("iptables-restore", "--test", "--noflush");
const inNamespace = (input: string, ...command: string[]) =>
  execFileSync("unshare", ["--net", ...command], { input, encoding: "utf8" });

describe("the rules are what nft and iptables take", () => {
  const all = names.filter((name) => passages(made(name)).length > 0);

  it.skipIf(noNft !== undefined)(
    `nft, all nodes in one file and each by itself${noNft === undefined ? "" : ` (left out: ${noNft})`}`,
    () => {
      for (const name of all) {
        inNamespace(rulesets(made(name), passages(made(name)), "nft"), "nft", "-c", "-f", "-");
        for (const rules of rulesetsByNode(made(name), passages(made(name)), "nft").values())
          inNamespace(rules, "nft", "-c", "-f", "-");
      }
      expect(() =>
        inNamespace("table inet x { chain input { tcp dport { 1-5, 3 } accpet } }", "nft", "-c", "-f", "-"),
      ).toThrow();
    },
  );

  it.skipIf(noIptables !== undefined)(
    `iptables-restore${noIptables === undefined ? "" : ` (left out: ${noIptables})`}`,
    () => {
      for (const name of all)
        for (const rules of rulesetsByNode(made(name), passages(made(name)), "iptables").values())
          inNamespace(rules, "iptables-restore", "--test", "--noflush");
      expect(() =>
        inNamespace("*filter\n-A INPUT --dports 1 -j ACCEPT\nCOMMIT\n", "iptables-restore", "--test", "--noflush"),
      ).toThrow();
    },
  );

  it("more ports than one match takes are several rules", () => {
    const services = Array.from(
      { length: 20 },
      (_, i) => `{ name: s${i}, node: n0, command: [x], listens: [${4000 + 2 * i}] }`,
    );
    const text = `version: 1
name: wide
model: /models/m
nodes: [{ name: "n[0-1]", host: "10.0.0.[1-2]", nic: eth0, hardware: cuda, devices: 1 }]
kv: { transfer: { connector: nixl } }
prefill: { nodes: n0 }
decode: { nodes: n1 }
proxy: { node: n1, port: 8000 }
services: [${services.join(", ")}]
`;
    const wide = plan(topologyFrom(text)).plan;
    const rules = rulesetsByNode(wide, passages(wide), "iptables").get("n0") ?? "";
    const lists = [...rules.matchAll(/--dports (\S+)/g)].map(([, ports = ""]) => ports.split(/[,:]/).length);
    expect(Math.max(...lists)).toBe(15);
    if (noIptables === undefined) inNamespace(rules, "iptables-restore", "--test", "--noflush");
  });

  it("an address that nobody has said yet stands in no rule", () => {
    const topology = topologyOf("mi300x-llama-nixl", "nodes[0].host=box[1-2]");
    const open = plan(topology).plan;
    expect(() => rulesets(open, passages(open), "nft")).toThrow("usage");
  });
});
