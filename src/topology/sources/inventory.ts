import type { Listed, ListedHost, Unlisted } from "./listed.ts";

export type Vars = Readonly<Record<string, string>>;

/** One group of an Ansible inventory as it is written: its own hosts, children and variables. */
export interface Group {
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  readonly vars: Vars;
}

/** An Ansible inventory, whatever its format; host ranges are expanded. */
export interface Inventory {
  readonly groups: ReadonlyMap<string, Group>;
  /** Variables of hosts themselves, in the order in which hosts are first named. */
  readonly hosts: ReadonlyMap<string, Vars>;
}

/**
 * Every host once, with the variables that are about logging in. The host's own variables go over those of its groups, a group's over
 * its parents', `all` is the lowest; of two groups on one level the later by name wins.
 */
export function listInventory({ groups, hosts }: Inventory): Listed | Unlisted {
  const depths = depthsOf(groups);
  const members = new Map([...groups.keys()].map((name) => [name, membersOf(name, groups)]));
  const byDepth = [...groups].sort(([a], [b]) => (depths.get(a) ?? 1) - (depths.get(b) ?? 1) || (a < b ? -1 : 1));
  const inherited = new Map<string, Vars>();
  for (const [name, { vars }] of byDepth)
    for (const host of name === "all" ? hosts.keys() : (members.get(name) ?? []))
      inherited.set(host, { ...inherited.get(host), ...vars });
  const listed: ListedHost[] = [];
  for (const [name, own] of hosts) {
    const host = hostOf(name, { ...inherited.get(name), ...own });
    if ("wrong" in host) return host;
    listed.push(host);
  }
  const grouped = [...members].map(([name, of]) => [name, [...hosts.keys()].filter((host) => of.has(host))] as const);
  return { hosts: listed, groups: new Map([...grouped, ["all", [...hosts.keys()]]]) };
}

/** `all` is 0, a group without a parent 1. */
function depthsOf(groups: Inventory["groups"]): ReadonlyMap<string, number> {
  const depths = new Map([...groups.keys()].map((name) => [name, name === "all" ? 0 : 1]));
  for (let round = 0; round < groups.size; round++) {
    let moved = false;
    for (const [name, { children }] of groups)
      for (const child of children) {
        const depth = (depths.get(name) ?? 1) + 1;
        if (child === name || (depths.get(child) ?? 0) >= depth) continue;
        depths.set(child, depth);
        moved = true;
      }
    if (!moved) break;
  }
  return depths;
}

function membersOf(
  group: string,
  groups: Inventory["groups"],
  seen: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  const found = groups.get(group);
  if (found === undefined || seen.has(group)) return new Set();
  const below = new Set([...seen, group]);
  return new Set([...found.hosts, ...found.children.flatMap((child) => [...membersOf(child, groups, below)])]);
}

function hostOf(name: string, vars: Vars): ListedHost | Unlisted {
  const said = (...names: readonly string[]) => names.map((one) => vars[one]).find((value) => value !== undefined);
  const template = Object.entries(vars).find(([key, value]) => READ.has(key) && /\{[{%]/.test(value));
  if (template !== undefined)
    return {
      wrong: `${template[0]} of ${name} is a template, which only Ansible can fill in`,
      remedy: "the value itself",
    };
  const local = said("ansible_connection") === "local";
  const host = local ? "local" : said("ansible_host", "ansible_ssh_host");
  const [user, port] = [said("ansible_user", "ansible_ssh_user"), said("ansible_port", "ansible_ssh_port")];
  const identityFile = said("ansible_ssh_private_key_file", "ansible_private_key_file");
  if (port !== undefined && !/^[1-9]\d{0,4}$/.test(port))
    return { wrong: `ansible_port of ${name} is ${JSON.stringify(port)}`, remedy: "a number" };
  return {
    name,
    ...(host !== undefined && { host }),
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port: Number(port) }),
    ...(identityFile !== undefined && { identityFile }),
  };
}

const READ: ReadonlySet<string> = new Set([
  ...["ansible_connection", "ansible_host", "ansible_ssh_host", "ansible_user", "ansible_ssh_user"],
  ...["ansible_port", "ansible_ssh_port", "ansible_ssh_private_key_file", "ansible_private_key_file"],
]);
