import { parseRange } from "../../words/range.ts";
import { isHost, isIPv4, isIPv6 } from "../address.ts";
import { defined } from "../defined.ts";
import { dotted, errorAt } from "../findings/finding.ts";
import { shown } from "../findings/remark.ts";
import type { Finding, Path } from "../rule.ts";
import type { Declared } from "../rules/declared.ts";
import type { NodeEntry } from "../shape/nodes.ts";
import type { Ssh } from "../shape/ssh.ts";
import type { Outside } from "../sources/index.ts";
import type { Node } from "../topology.ts";
import { isReserved } from "../tree/reserved.ts";
import { child, type Tree } from "../tree/tree.ts";
import { envOf } from "./env.ts";
import { badRange } from "./node-refs.ts";
import { nodeNames, readSource } from "./node-source.ts";
import { sshOptions } from "./ssh.ts";

interface ResolvedNodes {
  readonly nodes: readonly Node[];
  /** Groups of inventories, as the names of their nodes. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly findings: readonly Finding[];
}

interface Around {
  readonly ssh: Ssh | undefined;
  readonly declared: Declared;
  readonly outside: Outside;
}

/** All nodes, ranges expanded and lists read, in file order. */
export function resolveNodes(entries: readonly NodeEntry[], tree: Tree, around: Around): ResolvedNodes {
  const resolved = entries.map((entry, i) => resolveEntry(entry, tree, ["nodes", i], around));
  const groups = new Map<string, readonly string[]>();
  for (const one of resolved)
    for (const [group, names] of one.groups) groups.set(group, [...(groups.get(group) ?? []), ...names]);
  return {
    nodes: resolved.flatMap(({ nodes }) => nodes),
    groups,
    findings: resolved.flatMap(({ findings }) => findings),
  };
}

/** What an entry says about who its nodes are, before its other keys are added to each. */
interface Who {
  readonly name: string;
  readonly host: string;
  readonly ssh: Ssh;
}

function resolveEntry(entry: NodeEntry, tree: Tree, path: Path, { ssh, declared, outside }: Around): ResolvedNodes {
  const {
    rows,
    groups,
    findings: unknown,
  } = entry.from === undefined ? writtenRows(entry, path) : listedRows(entry, tree, path, outside);
  const ips = sideBySide(entry.ip, rows.length);
  const env = envOf(child(tree, ...path, "env"), [...path, "env"]);
  const { hardware } = entry;
  const kind = declared.hardware.get(hardware);
  const devices = entry.devices ?? kind?.devices;
  const findings = [
    ...unknown,
    ...rows.filter(({ name }) => !isNodeName(name)).map(({ name }) => badName(nameAt(entry, path), name)),
    ...(ips.wrong === undefined || rows.length === 0 ? [] : [badSide([...path, "ip"], ips.wrong)]),
    ...(hardware !== "none" && devices === undefined ? [noDevices([...path, "devices"], entry)] : []),
    ...(entry.numa !== undefined && entry.numa.length !== deviceIds(devices).length
      ? [badNuma([...path, "numa"], entry.numa.length, deviceIds(devices).length)]
      : []),
    ...env.findings,
  ];
  const nodes = rows.map(
    ({ name, host, ssh: own }, i): Node =>
      defined({
        name,
        host,
        ip: ips.texts[i] ?? ipOf(host),
        nic: entry.nic,
        hardware,
        family: kind?.family === hardware ? undefined : kind?.family,
        devices: deviceIds(devices),
        numa: entry.numa,
        deviceMemoryGib: entry.device_memory_gib,
        nicGbps: entry.nic_gbps,
        ssh: sshOptions({ ...ssh, ...own, ...entry.ssh }),
        env: env.env,
        without: env.without.length > 0 ? env.without : undefined,
        mounts: entry.mounts ?? [],
        stateDir: entry.state_dir,
        path,
      }),
  );
  return { nodes, groups, findings };
}

const nameAt = (entry: NodeEntry, path: Path): Path => [...path, entry.name === undefined ? "from" : "name"];

interface Rows {
  readonly rows: readonly Who[];
  readonly groups: ResolvedNodes["groups"];
  readonly findings: readonly Finding[];
}

/** Names and hosts as the entry itself has them. */
function writtenRows({ name = "", host, group }: NodeEntry, path: Path): Rows {
  const none = { rows: [], groups: new Map() };
  if (group !== undefined)
    return {
      ...none,
      findings: [
        errorAt([...path, "group"], "from", `${dotted(path)} has a group and no from`, {
          mark: "key",
          remedy: "from: inventory.yaml",
        }),
      ],
    };
  const names = parseRange(name);
  if ("wrong" in names) return { ...none, findings: [badRange([...path, "name"], names.wrong)] };
  const hosts = sideBySide(host, names.names.length);
  return {
    rows: names.names.map((one, i) => ({ name: one, host: hosts.texts[i] ?? one, ssh: {} })),
    groups: new Map(),
    findings: [
      ...(hosts.wrong === undefined ? [] : [badSide([...path, "host"], hosts.wrong)]),
      ...hosts.texts
        .filter((one) => one !== undefined && !isHost(one))
        .map((one) => badHost([...path, "host"], one ?? "")),
    ],
  };
}

/** Hosts of an allocation or an inventory; `name`, a range as long as the list, names them in order. */
function listedRows(entry: NodeEntry, tree: Tree, path: Path, outside: Outside): Rows {
  const { hosts, groups, findings } = readSource(entry, tree, path, outside);
  const names = entry.name === undefined ? { names: nodeNames(hosts) } : parseRange(entry.name);
  if ("wrong" in names) return { rows: [], groups: new Map(), findings: [badRange([...path, "name"], names.wrong)] };
  if (hosts.length > 0 && names.names.length !== hosts.length) {
    const title = `${dotted([...path, "name"])} names ${names.names.length} nodes, ${entry.from} lists ${hosts.length}`;
    const remedy = [`name: "n[0-${hosts.length - 1}]"`, "or no name: the hosts' own"];
    return {
      rows: [],
      groups: new Map(),
      findings: [errorAt([...path, "name"], "from", title, { mark: "value", remedy })],
    };
  }
  const rows = hosts.map(
    (listed, i): Who => ({
      name: names.names[i] ?? "",
      host: listed.host ?? listed.name,
      ssh: defined({ user: listed.user, port: listed.port, identity_file: listed.identityFile }),
    }),
  );
  const wrong = rows.filter(({ host }) => !isHost(host)).map(({ host }) => badHost([...path, "from"], host));
  const named = [...groups].map(([group, at]) => [group, at.map((i) => rows[i]?.name ?? "")] as const);
  return { rows, groups: new Map(named), findings: [...findings, ...wrong] };
}

/** The address that a host gives by itself; a name is a fact of the nodes. */
export const ipOf = (host: string): string | undefined =>
  host === "local" ? "127.0.0.1" : isIPv4(host) ? host : undefined;

const isNodeName = (name: string): boolean => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) && !isReserved(name);

/** One text per node: a range of the same length, `local` for all, or a single text for a single node. */
function sideBySide(
  text: string | undefined,
  length: number,
): { texts: readonly (string | undefined)[]; wrong?: string } {
  if (text === undefined) return { texts: Array.from({ length }, () => undefined) };
  if (text === "local") return { texts: Array.from({ length }, () => text) };
  if (isIPv6(text) && length === 1) return { texts: [text] };
  const range = parseRange(text);
  if ("wrong" in range) return { texts: [], wrong: range.wrong };
  if (range.names.length === length) return { texts: range.names };
  return { texts: [], wrong: `${range.names.length} for ${length} names; both ranges must have one length` };
}

function deviceIds(devices: NodeEntry["devices"]): readonly string[] {
  if (devices === undefined) return [];
  return typeof devices === "number" ? Array.from({ length: devices }, (_, id) => String(id)) : devices.map(String);
}

const badSide = (at: Path, wrong: string): Finding =>
  errorAt(at, "range", `${dotted(at)}: ${wrong}`, {
    mark: "value",
    remedy: 'name: "n[0-5]" goes with host: "10.0.0.1[0-5]"',
  });

const badName = (at: Path, name: string): Finding =>
  errorAt(at, "name", `node name ${shown(name)} has to be 1 to 63 characters of a-z, 0-9 and -`, {
    mark: "value",
    remedy: "the name is pdctl's own; the address goes to host",
  });

const badHost = (at: Path, host: string): Finding =>
  errorAt(at, "address", `${shown(host)} cannot be a host`, {
    mark: "value",
    remedy: "an address, a name that ssh knows, or local; the user goes to ssh.user, the port to ssh.port",
  });

const badNuma = (at: Path, numbers: number, devices: number): Finding =>
  errorAt(at, "number", `${dotted(at)} has ${numbers} entries for ${devices} devices`, {
    mark: "key",
    remedy: "one NUMA node for each device: numa: [0, 0, 0, 0, 1, 1, 1, 1]; nvidia-smi topo -m shows them",
  });

const noDevices = (at: Path, { name, from, hardware }: NodeEntry): Finding =>
  errorAt(at, "missing", `node ${name ?? from} has hardware ${hardware} and no devices`, {
    mark: "key",
    remedy: "devices: 8, or the ids: devices: [0, 1, 2, 3]",
  });
