import { parseRange } from "../../words/range.ts";
import { isHost, isIPv4, isIPv6 } from "../address.ts";
import { defined } from "../defined.ts";
import { dotted, errorAt } from "../finding.ts";
import { shown } from "../remark.ts";
import { isReserved } from "../reserved.ts";
import type { Finding, Path } from "../rule.ts";
import type { NodeEntry } from "../shape/nodes.ts";
import type { Ssh } from "../shape/ssh.ts";
import type { Node } from "../topology.ts";
import { child, type Tree } from "../tree.ts";
import { envOf } from "./env.ts";
import { badRange } from "./node-refs.ts";
import { sshOptions } from "./ssh.ts";

interface ResolvedNodes {
  readonly nodes: readonly Node[];
  readonly findings: readonly Finding[];
}

/** All nodes, ranges expanded, in file order. */
export function resolveNodes(entries: readonly NodeEntry[], tree: Tree, shared: Ssh | undefined): ResolvedNodes {
  const resolved = entries.map((entry, i) => resolveEntry(entry, tree, ["nodes", i], shared));
  return { nodes: resolved.flatMap(({ nodes }) => nodes), findings: resolved.flatMap(({ findings }) => findings) };
}

function resolveEntry(entry: NodeEntry, tree: Tree, path: Path, shared: Ssh | undefined): ResolvedNodes {
  const names = parseRange(entry.name);
  if ("wrong" in names) return { nodes: [], findings: [badRange([...path, "name"], names.wrong)] };
  const hosts = sideBySide(entry.host, names.names);
  const ips = sideBySide(entry.ip, names.names);
  const env = envOf(child(tree, ...path, "env"), [...path, "env"]);
  const findings = [
    ...names.names.filter((name) => !isNodeName(name)).map((name) => badName([...path, "name"], name)),
    ...(hosts.wrong === undefined ? [] : [badSide([...path, "host"], hosts.wrong)]),
    ...(ips.wrong === undefined ? [] : [badSide([...path, "ip"], ips.wrong)]),
    ...(hosts.texts ?? [])
      .filter((host) => host !== undefined && !isHost(host))
      .map((host) => badHost([...path, "host"], host ?? "")),
    ...(entry.hardware !== "none" && entry.devices === undefined ? [noDevices([...path, "devices"], entry)] : []),
    ...env.findings,
  ];
  const ssh = sshOptions({ ...shared, ...entry.ssh });
  const nodes = names.names.map((name, i): Node => {
    const host = hosts.texts[i] ?? name;
    return defined({
      name,
      host,
      ip: ips.texts[i] ?? ipOf(host),
      nic: entry.nic,
      hardware: entry.hardware,
      devices: deviceIds(entry.devices),
      ssh,
      env: env.env,
      without: env.without.length > 0 ? env.without : undefined,
      mounts: entry.mounts ?? [],
      stateDir: entry.state_dir,
      path,
    });
  });
  return { nodes, findings };
}

/** The address that a host gives by itself; a name is a fact of the nodes. */
export const ipOf = (host: string): string | undefined =>
  host === "local" ? "127.0.0.1" : isIPv4(host) ? host : undefined;

const isNodeName = (name: string): boolean => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name) && !isReserved(name);

/** One text per node: a range of the same length, `local` for all, or a single text for a single node. */
function sideBySide(
  text: string | undefined,
  names: readonly string[],
): { texts: readonly (string | undefined)[]; wrong?: string } {
  if (text === undefined) return { texts: names.map(() => undefined) };
  if (text === "local") return { texts: names.map(() => text) };
  if (isIPv6(text) && names.length === 1) return { texts: [text] };
  const range = parseRange(text);
  if ("wrong" in range) return { texts: [], wrong: range.wrong };
  if (range.names.length === names.length) return { texts: range.names };
  return { texts: [], wrong: `${range.names.length} for ${names.length} names; both ranges must have one length` };
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

const noDevices = (at: Path, { name, hardware }: NodeEntry): Finding =>
  errorAt(at, "missing", `node ${name} has hardware ${hardware} and no devices`, {
    mark: "key",
    remedy: "devices: 8, or the ids: devices: [0, 1, 2, 3]",
  });
