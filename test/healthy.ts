import type { Facts } from "../src/facts/facts.ts";
import { type Question, questions } from "../src/plan/facts/questions.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { Topology } from "../src/topology/topology.ts";

const GIB = 2 ** 30;

/** What nodes say on which nothing is wrong: everything that the plan asks for is there. */
export function healthy(topology: Topology, plan: Plan): readonly Facts[] {
  return questions(plan).map((question) => one(topology, plan, question));
}

function one(topology: Topology, plan: Plan, asked: Question): Facts {
  const node = plan.nodes.find(({ name }) => name === asked.node);
  const devices = topology.nodes.find(({ name }) => name === asked.node)?.devices ?? [];
  const ip = node?.ip.startsWith("<") === false ? node.ip : "10.99.0.1";
  return {
    node: asked.node,
    at: 0,
    home: "/home/user",
    user: "user",
    uid: 1000,
    bootId: `boot of ${asked.node}`,
    clockOffsetMs: 12,
    interfaces: { lo: ["127.0.0.1"], [node?.nic?.startsWith("<") === false ? node.nic : "eth0"]: [ip] },
    hostIp: asked.host === "" ? null : ip,
    nodePath: "/usr/bin/node",
    platform: "Linux x86_64",
    libc: "glibc 2.36",
    bash: "5.2.15",
    versions: {},
    listening: [{ port: 22, address: "0.0.0.0" }],
    ephemeral: { first: 32_768, last: 60_999 },
    paths: Object.fromEntries(asked.paths.map((path) => [path, true])),
    limits: {
      memlock: null,
      shm: { size: 512 * GIB, free: 512 * GIB },
      memory: { total: 2048 * GIB, available: 1900 * GIB },
    },
    proxies: {},
    modules: Object.fromEntries(asked.modules.map((name) => [name, true])),
    directories: Object.fromEntries(
      asked.directories.map((path) => [
        path,
        { exists: true, writable: true, source: "nas:/kv", type: "nfs4", inode: "2", freeBytes: 1024 * GIB },
      ]),
    ),
    devices: devices.map((id) => ({ id, name: "Accelerator", totalMb: 81_559, usedMb: 4, holders: [], faults: [] })),
    containers: Object.fromEntries(asked.containers.map((container) => [container.split(" ")[1] ?? "", "host"])),
    ...(asked.model !== "" && { model: { config: "{}", digest: "41e87f83", missing: [] } }),
  };
}
