import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Facts } from "../../src/facts/facts.ts";
import { loadTopology } from "../../src/topology/index.ts";
import type { Topology } from "../../src/topology/topology.ts";

export const names = [
  "ascend-dense-mooncake",
  "ascend-moe-mooncake",
  "cuda-gaudi-nixl",
  "cuda-gaudi-nixl-homogeneous",
  "gb200-deepseek-nixl",
  "local",
  "local-vllm-cpu",
  "mi300x-llama-nixl",
  "ucm-1p1d",
  "ucm-cross-platform",
  "ucm-xpyd",
] as const;

/** One of the ready topologies, as `--set` changed it. */
export function topologyOf(name: string, ...set: readonly string[]): Topology {
  const file = fileURLToPath(new URL(`../../topologies/${name}.yaml`, import.meta.url));
  return load(file, (path) => readFileSync(path), set);
}

/** A topology that a test writes down. */
export const topologyFrom = (yaml: string, ...set: readonly string[]): Topology =>
  load("cluster.yaml", () => Buffer.from(yaml), set);

function load(file: string, read: (path: string) => Buffer, set: readonly string[]): Topology {
  const { topology, diagnostics } = loadTopology({ file, read }, { set, hosts: [] });
  if (topology === undefined) throw new Error(diagnostics.map(({ code, title }) => `${code} ${title}`).join("\n"));
  return topology;
}

/** What each node of a topology could have answered. */
export const factsOf = ({ nodes }: Topology, changes: Partial<Facts> = {}): readonly Facts[] =>
  nodes.map(({ name, host, ip, nic }, i) => ({
    node: name,
    at: 1_760_000_000_000 + i,
    home: `/home/${name}`,
    user: "li",
    uid: 1000,
    bootId: `boot-${name}`,
    clockOffsetMs: 0,
    interfaces: { lo: ["127.0.0.1"], [nic ?? "eth0"]: [ip ?? host] },
    hostIp: null,
    nodePath: "/usr/bin/node",
    platform: "Linux x86_64",
    libc: "glibc 2.36",
    bash: "5.2.15",
    versions: {},
    listening: [],
    ephemeral: null,
    paths: {},
    ...changes,
  }));
