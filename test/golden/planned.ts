import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { loadTopology } from "../../src/topology/index.ts";
import type { Facts } from "../../src/facts/facts.ts";
import type { Node } from "../../src/topology/topology.ts";
import type { Finding } from "../../src/topology/rule.ts";

export interface Made {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
}

const made = new Map<string, Made>();

/** The plan of a topology of the repository or of a variant beside this file, with everything that was said about it. */
export function planned(name: string, vllm?: string): Made {
  const key = vllm === undefined ? name : `${name} ${vllm}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const home = name.startsWith("variants/") ? "./" : "../../topologies/";
  const file = fileURLToPath(new URL(`${home}${name}.yaml`, import.meta.url));
  const read = (path: string) => (existsSync(path) ? readFileSync(path) : undefined);
  const loaded = loadTopology({ file, read }, { set: [], hosts: [] });
  if (loaded.draft === undefined) throw new Error(`${name}: ${loaded.diagnostics.map(({ title }) => title).join("; ")}`);
  const result = plan(loaded.draft, vllm === undefined ? [] : loaded.draft.nodes.map((node) => factsOf(node, vllm)));
  const fresh = { plan: result.plan, findings: [...loaded.diagnostics, ...result.findings] };
  made.set(key, fresh);
  return fresh;
}

function factsOf({ name, ip, nic }: Node, vllm: string): Facts {
  return {
    node: name,
    at: 0,
    home: "/home/user",
    user: "user",
    uid: 1000,
    bootId: "00000000-0000-0000-0000-000000000000",
    clockOffsetMs: 0,
    interfaces: { [nic ?? "eth0"]: ip === undefined ? [] : [ip] },
    hostIp: null,
    nodePath: "/usr/bin/node",
    platform: "Linux x86_64",
    libc: "glibc 2.36",
    bash: "5.2",
    versions: { vllm },
    listening: [],
    ephemeral: null,
    paths: {},
  };
}

/** The reference topologies; local.yaml has no document. */
export const references = [
  "cuda-gaudi-nixl",
  "cuda-gaudi-nixl-homogeneous",
  "gb200-deepseek-nixl",
  "ucm-1p1d",
  "ucm-cross-platform",
  "ucm-xpyd",
  "mi300x-llama-nixl",
  "ascend-moe-mooncake",
  "ascend-dense-mooncake",
] as const;
