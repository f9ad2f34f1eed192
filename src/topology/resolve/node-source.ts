import { posix } from "node:path";
import { dotted, errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import type { NodeEntry } from "../shape/nodes.ts";
import { type ListedHost, listedBy, type Outside } from "../sources/index.ts";
import { lookUp, type Tree } from "../tree/tree.ts";

export interface ReadSource {
  readonly hosts: readonly ListedHost[];
  /** Groups of the source: their hosts by position in `hosts`. */
  readonly groups: ReadonlyMap<string, readonly number[]>;
  readonly findings: readonly Finding[];
}

const nothing = (finding: Finding): ReadSource => ({ hosts: [], groups: new Map(), findings: [finding] });

/** The hosts that an entry takes `from` elsewhere; of its `group` alone, where one is named. */
export function readSource(
  { from = "", group, host }: NodeEntry,
  tree: Tree,
  path: Path,
  outside: Outside,
): ReadSource {
  if (host !== undefined)
    return nothing(
      errorAt([...path, "host"], "from", `${dotted(path)} has from and host; the hosts come from there`, {
        mark: "key",
        remedy: "take host out; name renames the nodes, in order",
      }),
    );
  const listed = listedBy(pathOf(from, tree, path), outside);
  if ("wrong" in listed)
    return nothing(errorAt([...path, "from"], "from", listed.wrong, { mark: "value", remedy: listed.remedy }));
  const chosen = group === undefined ? undefined : listed.groups.get(group);
  if (group !== undefined && chosen === undefined)
    return nothing(
      errorAt([...path, "group"], "from", `${from} has no group ${group}`, {
        mark: "value",
        remedy: listed.groups.size === 0 ? "take it out" : [...listed.groups.keys()].join(", "),
      }),
    );
  const hosts = listed.hosts.filter(({ name }) => chosen?.includes(name) ?? true);
  if (hosts.length === 0)
    return nothing(
      errorAt([...path, "from"], "from", `${from} lists no host`, { mark: "value", remedy: "a list with hosts in it" }),
    );
  const at = new Map(hosts.map(({ name }, i) => [name, i]));
  const groups = [...listed.groups].map(
    ([name, members]) => [name, members.flatMap((member) => at.get(member) ?? [])] as const,
  );
  return { hosts, groups: new Map(groups.filter(([, members]) => members.length > 0)), findings: [] };
}

/** A path counts from the file that names it. */
function pathOf(from: string, tree: Tree, path: Path): string {
  const source = lookUp(tree, [...path, "from"])?.value.at.source;
  if (from === "slurm" || posix.isAbsolute(from) || source?.kind !== "file") return from;
  return posix.join(posix.dirname(source.name), from);
}

/** Names that nodes may have: the first label of each host where those differ, else all of it. */
export function nodeNames(hosts: readonly ListedHost[]): readonly string[] {
  const whole = hosts.map(({ name }) => name.toLowerCase().replaceAll(/[._]/g, "-"));
  const labels = hosts.map(({ name }) => (name.toLowerCase().split(".")[0] ?? "").replaceAll("_", "-"));
  const addresses = hosts.some(({ name }) => /^[\d.]+$|:/.test(name));
  if (addresses) return hosts.map(({ name }, i) => (/^[\d.]+$|:/.test(name) ? `n${i}` : (whole[i] ?? "")));
  return new Set(labels).size === labels.length ? labels : whole;
}
