import type { DirectoryFact } from "../../../facts/facts.ts";
import type { JudgedTopology } from "../../../plan/facts/judged.ts";
import type { Path, Rule } from "../../../topology/rule.ts";
import type { Instance } from "../../../topology/topology.ts";
import { several, size } from "../../../words/numbers.ts";
import { answered } from "../../answered.ts";
import { usesOf } from "../../pairs.ts";

const GIB = 2 ** 30;
const LEAST_FREE = 10 * GIB;

interface Said {
  readonly title: string;
  readonly remedy: string;
}

const place = ({ topology }: JudgedTopology, key: string): Path => [
  ...([...usesOf("ucm", topology)][0]?.use.path ?? ["kv"]),
  key,
];

/** U06: the buffer of each worker comes out of the node's memory, a shared one out of /dev/shm. Source: launch.md §3.8, Space. */
export const u06: Rule<JudgedTopology, Said> = {
  id: "U06",
  level: "error",
  *check(judged) {
    for (const { node, said, instances } of answered("ucm", judged)) {
      const { memory, shm } = said.limits ?? {};
      const wanted = buffers(judged, instances);
      const shared = wanted.find((one) => one.shared);
      if (shared !== undefined && shm !== undefined && shared.gb * GIB > shm.size)
        yield at(judged, node, tooShared(node, shared.gb, shm.size));
      const needed = wanted.reduce((sum, { gb, workers }) => sum + gb * workers * GIB, 0);
      if (memory === undefined || needed <= memory.available) continue;
      const fits = Math.floor((Math.max(...wanted.map(({ gb }) => gb)) * memory.available) / needed);
      yield at(judged, node, tooMuch(node, needed, memory.available, fits));
    }
  },
  message: ({ title }) => title,
  remedy: ({ remedy }) => remedy,
};

const at = (judged: JudgedTopology, node: string, data: Said) => ({
  at: place(judged, "cache_buffer_capacity_gb"),
  subject: node,
  data,
});

/** What the engines on a node ask for, where it is written: the default differs from version to version. */
function buffers({ topology }: JudgedTopology, instances: readonly Instance[]) {
  return [...usesOf("ucm", topology)].flatMap(({ use }) =>
    instances.flatMap(({ role, engine, nodes }) => {
      const { cache_buffer_capacity_gb: gb, store } = use.fields[role];
      if (typeof gb !== "number") return [];
      const fields: Readonly<Record<string, unknown>> = typeof store === "object" ? { ...store } : {};
      const shared = fields["share_buffer_enable"] === true;
      const { tp, pp, pcp, dp } = engine.parallel;
      return [{ gb, shared, workers: shared ? 1 : Math.ceil((tp * pp * pcp * dp) / Math.max(nodes.length, 1)) }];
    }),
  );
}

const tooShared = (node: string, gb: number, shm: number): Said => ({
  title: `UCM's shared buffer of ${gb} GiB does not fit into /dev/shm of ${node}, which has ${size(shm)}`,
  remedy: `cache_buffer_capacity_gb: ${Math.max(1, Math.floor(shm / GIB / 2))} or less, or a larger /dev/shm on ${node}`,
});

const tooMuch = (node: string, needed: number, free: number, fits: number): Said => ({
  title: `UCM's buffers need ${size(needed)} on ${node}, which has ${size(free)} of memory available`,
  remedy: `cache_buffer_capacity_gb: ${Math.max(1, fits)} or less`,
});

/** File systems that are one node's own. */
const local = ["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "f2fs", "vfat", "ramfs", "squashfs"];

/** U09: the directories are there, may be written, have room, and are one and the same on all nodes. Source: launch.md §5.1, shared mount. */
export const u09: Rule<JudgedTopology, Said> = {
  id: "U09",
  level: "error",
  *check(judged) {
    const seen = new Map<string, { node: string; fact: DirectoryFact }[]>();
    for (const { node, said, instances } of answered("ucm", judged)) {
      for (const path of backends(judged, instances)) {
        const fact = said.directories?.[path];
        if (fact === undefined) continue; // nobody has asked
        const alone = unfit(node, path, fact);
        if (alone === undefined) seen.set(path, [...(seen.get(path) ?? []), { node, fact }]);
        else yield { at: place(judged, "storage_backends"), subject: node, data: alone };
      }
    }
    for (const [path, all] of seen) {
      const data = apart(path, all);
      if (data !== undefined) yield { at: place(judged, "storage_backends"), data };
    }
  },
  message: ({ title }) => title,
  remedy: ({ remedy }) => remedy,
};

function backends(
  { topology }: JudgedTopology,
  instances: readonly { readonly role: "prefill" | "decode" }[],
): readonly string[] {
  const found = [...usesOf("ucm", topology)].flatMap(({ use }) =>
    instances.map(({ role }) => use.fields[role]["storage_backends"]),
  );
  return [...new Set(found.flatMap((list) => (Array.isArray(list) ? list.map(String) : [])))];
}

function unfit(node: string, path: string, { exists, writable, freeBytes }: DirectoryFact): Said | undefined {
  if (!exists) return { title: `${node} has no directory ${path}`, remedy: `mount the storage at ${path} on ${node}` };
  if (!writable)
    return { title: `${path} cannot be written on ${node}`, remedy: `give the login user of ${node} ${path}` };
  return freeBytes < LEAST_FREE
    ? { title: `${path} has ${size(freeBytes)} left on ${node}`, remedy: "make room there, or store.posix_capacity_gb" }
    : undefined;
}

function apart(
  path: string,
  all: readonly { readonly node: string; readonly fact: DirectoryFact }[],
): Said | undefined {
  const [first] = all;
  if (first === undefined || all.length < 2) return undefined;
  const alone = all.find(({ fact }) => local.includes(fact.type));
  if (alone !== undefined)
    return {
      title: `${path} is on ${alone.node}'s own disk (${alone.fact.type}), where ${several(all.length - 1, "other node")} cannot see it`,
      remedy: `mount the shared storage at ${path} on every node`,
    };
  const other = all.find(({ fact }) => fact.source !== first.fact.source);
  if (other !== undefined)
    return {
      title: `${path} is ${first.fact.source} on ${first.node} and ${other.fact.source} on ${other.node}`,
      remedy: `one source at ${path} on every node`,
    };
  const elsewhere = all.find(({ fact }) => fact.inode !== first.fact.inode);
  return elsewhere === undefined
    ? undefined
    : {
        title: `${path} is one mount, and another directory of it on ${first.node} than on ${elsewhere.node}`,
        remedy: `the same directory at ${path} on every node`,
      };
}
