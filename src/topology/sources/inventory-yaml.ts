import type { Remark } from "../findings/remark.ts";
import { readYaml } from "../tree/read-yaml.ts";
import { positionOf, sourceOf } from "../tree/source.ts";
import { child, type Tree } from "../tree/tree.ts";
import type { Group, Inventory, Vars } from "./inventory.ts";
import { inventoryHosts, withPort } from "./inventory-hosts.ts";
import type { Unlisted } from "./listed.ts";

/** Ansible's YAML form: groups with `hosts`, `children` and `vars`, mostly below `all`. */
export function readInventoryYaml(name: string, text: string): Inventory | Unlisted {
  const remarks: Remark[] = [];
  const tree = readYaml(sourceOf(name, "file", text), (remark) => remarks.push(remark));
  const [first] = remarks;
  if (first !== undefined)
    return { wrong: `line ${positionOf(first.place).line}: ${first.title}`, remedy: first.remedy.join(", ") };
  if (tree?.kind !== "dict") return { wrong: "it holds no groups", remedy: "all: { hosts: { n0: }, children: { … } }" };
  const groups = new Map<string, Group>();
  const hosts = new Map<string, Vars>();
  for (const [group, { value }] of tree.entries) {
    const wrong = readGroup(group, value, groups, hosts);
    if (wrong !== undefined) return wrong;
  }
  return { groups, hosts };
}

function readGroup(
  name: string,
  tree: Tree,
  groups: Map<string, Group>,
  hosts: Map<string, Vars>,
): Unlisted | undefined {
  const written = child(tree, "hosts");
  const patterns: readonly (readonly [string, Tree | undefined])[] =
    written?.kind === "dict"
      ? [...written.entries].map(([pattern, { value }]) => [pattern, value])
      : written?.kind === "scalar" && written.text !== ""
        ? [[written.text, undefined]]
        : [];
  const members: string[] = [];
  for (const [text, value] of patterns) {
    const { pattern, vars } = withPort(text);
    const names = inventoryHosts(pattern);
    if (names === undefined)
      return { wrong: `${JSON.stringify(text)} is no host`, remedy: "a name, or a range like web[01:10]" };
    for (const host of names) hosts.set(host, { ...hosts.get(host), ...vars, ...varsOf(value) });
    members.push(...names);
  }
  const children = child(tree, "children");
  const below = children?.kind === "dict" ? [...children.entries] : [];
  const before = groups.get(name) ?? { hosts: [], children: [], vars: {} };
  groups.set(name, {
    hosts: [...before.hosts, ...members],
    children: [...before.children, ...below.map(([group]) => group)],
    vars: { ...before.vars, ...varsOf(child(tree, "vars")) },
  });
  for (const [group, { value }] of below) {
    const wrong = readGroup(group, value, groups, hosts);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const varsOf = (tree: Tree | undefined): Vars =>
  tree?.kind !== "dict"
    ? {}
    : Object.fromEntries(
        [...tree.entries].flatMap(([key, { value }]) => (value.kind === "scalar" ? [[key, value.text]] : [])),
      );
