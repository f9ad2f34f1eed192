import { isIPv6 } from "node:net";
import { UserError } from "../../errors.ts";
import { grouped } from "../../once.ts";
import type { Passage } from "../../plan/answers/answers.ts";
import type { Plan } from "../../plan/plan.ts";
import { folded } from "../../words/names.ts";
import { table } from "../text/table.ts";

export type Firewall = "nft" | "iptables" | "text";

/** The rules of all nodes, one block per node under a line that is a comment to nft and iptables-restore. */
export function rulesets(plan: Plan, passages: readonly Passage[], format: Firewall): string {
  if (format === "text") return `${text(plan, passages).join("\n")}\n`;
  return [...rulesetsByNode(plan, passages, format)].map(([node, rules]) => `##### ${node} #####\n${rules}`).join("");
}

/** What each node loads: `nft -f`, or `iptables-restore --noflush`. */
export function rulesetsByNode(
  plan: Plan,
  passages: readonly Passage[],
  format: "nft" | "iptables",
): ReadonlyMap<string, string> {
  const unknown = plan.nodes.filter(({ ip }) => ip.startsWith("<fact:")).map(({ name }) => name);
  if (unknown.length > 0)
    throw new UserError("usage", {
      what: `the address of ${folded(unknown)} is not known yet: write nodes[].ip`,
      next: "pdctl plan --firewall text",
    });
  const byNode = grouped(passages, ({ to }) => to);
  const write = format === "nft" ? nft : iptables;
  return new Map(
    plan.nodes.flatMap(({ name }) => (byNode.has(name) ? [[name, write(plan, name, byNode.get(name) ?? [])]] : [])),
  );
}

function text({ nodes }: Plan, passages: readonly Passage[]): string[] {
  const byNode = grouped(passages, ({ to }) => to);
  const rows = passages.map((one) => [
    `  ${ports(one, "-")}`,
    one.purpose.replaceAll("_", " "),
    `from ${one.from === null ? "clients" : folded(one.from)}`,
    one.kernel ? "the kernel chooses" : "",
  ]);
  const lines = table(rows, 3);
  const byPassage = new Map(passages.map((one, index) => [one, lines[index] ?? ""]));
  return nodes.flatMap(({ name, ip }) => {
    const here = byNode.get(name) ?? [];
    return here.length === 0 ? [] : [`${name}  ${ip}`, ...here.map((one) => byPassage.get(one) ?? "")];
  });
}

const ports = ({ first, last }: Passage, dash: string) => (first === last ? String(first) : `${first}${dash}${last}`);

/** Sources that are let in to the same ports are one rule. */
function rules(plan: Plan, passages: readonly Passage[]) {
  const ips = new Map(plan.nodes.map(({ name, ip }) => [name, ip]));
  return [...grouped(passages, ({ from }) => JSON.stringify(from)).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const addresses = first.from === null ? null : [...new Set(first.from.map((name) => ips.get(name) ?? name))];
    const why = [...new Set(group.map(({ purpose }) => purpose.replaceAll("_", " ")))].join(", ");
    return [
      {
        addresses,
        passages: spans(group),
        why: `${why} from ${first.from === null ? "clients" : folded(first.from)}`.slice(0, 120),
      },
    ];
  });
}

/** Without what another one of them holds: intervals of a set may not overlap. */
function spans(passages: readonly Passage[]): readonly Passage[] {
  const kept: Passage[] = [];
  for (const one of passages.toSorted((a, b) => a.first - b.first || b.last - a.last)) {
    const open = kept.at(-1);
    if (open === undefined || one.first > open.last) kept.push(one);
    else if (one.last > open.last) kept[kept.length - 1] = { ...open, last: one.last };
  }
  return kept;
}

/**
 * What nobody else may reach: the plan's own listeners and drawn ranges. Not the kernel's range, which is everybody's, and not what no
 * passage leads to because people use it, such as a side service's metrics.
 */
function closed({ services }: Plan, node: string, passages: readonly Passage[]): readonly Passage[] {
  const own = services.filter((service) => service.node === node && service.kind !== "side");
  const listening = own.flatMap(({ listens }) => listens.filter(({ bind }) => !/^(127\.|::1$|localhost$)/.test(bind)));
  return spans([
    ...passages.filter(({ kernel }) => kernel !== true),
    ...listening.map(({ port, purpose }) => ({ to: node, from: [], first: port, last: port, purpose })),
  ]);
}

function nft(plan: Plan, node: string, passages: readonly Passage[]): string {
  const name = `pdctl_${plan.cluster.replaceAll("-", "_")}`;
  const set = (items: readonly string[]) => `{ ${items.join(", ")} }`;
  const accepts = rules(plan, passages).flatMap(({ addresses, passages: own, why }) => {
    const to = `tcp dport ${set(own.map((one) => ports(one, "-")))} accept comment "${why}"`;
    if (addresses === null) return [to];
    const [six, four] = [addresses.filter((ip) => isIPv6(ip)), addresses.filter((ip) => !isIPv6(ip))];
    return [
      ...(four.length > 0 ? [`ip saddr ${set(four)} ${to}`] : []),
      ...(six.length > 0 ? [`ip6 saddr ${set(six)} ${to}`] : []),
    ];
  });
  const drops = closed(plan, node, passages).map((one) => ports(one, "-"));
  return [
    `# ${node} of ${plan.cluster}, plan ${plan.hash.slice(0, 8)}: nft -f FILE. Other tables of the node still have their say.`,
    `table inet ${name}`,
    `delete table inet ${name}`,
    `table inet ${name} {`,
    "  chain input {",
    "    type filter hook input priority filter; policy accept;",
    "    iif lo accept",
    "    ct state established,related accept",
    ...accepts.map((rule) => `    ${rule}`),
    ...(drops.length === 0 ? [] : [`    tcp dport ${set(drops)} drop`]),
    "  }",
    "}",
    "",
  ].join("\n");
}

/** `multiport` takes fifteen ports, of which a range is two. */
const FIFTEEN = 15;

function iptables(plan: Plan, node: string, passages: readonly Passage[]): string {
  const chain = `PDCTL-${plan.cluster.toUpperCase()}`.slice(0, 28);
  const matches = (own: readonly Passage[]) =>
    chunks(own).map((chunk) => `-p tcp -m multiport --dports ${chunk.map((one) => ports(one, ":")).join(",")}`);
  const accepts = rules(plan, passages).flatMap(({ addresses, passages: own, why }) => {
    const four = addresses === null ? [""] : addresses.filter((ip) => !isIPv6(ip)).map((ip) => `-s ${ip}/32 `);
    return four.flatMap((source) =>
      matches(own).map((match) => `-A ${chain} ${source}${match} -m comment --comment "${why}" -j ACCEPT`),
    );
  });
  return [
    `# ${node} of ${plan.cluster}, plan ${plan.hash.slice(0, 8)}: iptables-restore --noflush FILE, then once: iptables -I INPUT -j ${chain}`,
    "*filter",
    `:${chain} - [0:0]`,
    `-A ${chain} -i lo -j RETURN`,
    `-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
    ...accepts,
    ...matches(closed(plan, node, passages)).map((match) => `-A ${chain} ${match} -j DROP`),
    "COMMIT",
    "",
  ].join("\n");
}

function chunks(all: readonly Passage[]): readonly (readonly Passage[])[] {
  const made: { ports: number; items: Passage[] }[] = [];
  for (const one of all) {
    const size = one.first === one.last ? 1 : 2;
    const open = made.at(-1);
    if (open === undefined || open.ports + size > FIFTEEN) made.push({ ports: size, items: [one] });
    else {
      open.ports += size;
      open.items.push(one);
    }
  }
  return made.map(({ items }) => items);
}
