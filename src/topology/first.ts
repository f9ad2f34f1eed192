import { hardware } from "../hardware/index.ts";
import { foldRange, parseRange } from "../words/range.ts";
import { isIPv4 } from "./address.ts";

/** A machine of a first topology. */
export interface FirstNode {
  readonly name: string;
  readonly host: string;
  readonly hardware: string;
  readonly devices: number;
  readonly ip?: string;
  readonly nic?: string;
}

/** What a first topology is made from: everything that has no default. */
export interface FirstAnswers {
  readonly name: string;
  readonly model: string;
  readonly nodes: readonly FirstNode[];
  readonly connector: string;
  /** Keys of the connector, as they are written in YAML. */
  readonly fields: readonly string[];
  readonly prefill: readonly string[];
  readonly decode: readonly string[];
  /** Where the roles share nodes: instances of each on a node. */
  readonly ratio: { readonly prefill: number; readonly decode: number };
  readonly tp: number;
  readonly schema?: string;
}

/** Names for hosts: their own where those can be names of nodes, else n0, n1, … */
export function firstNames(hosts: readonly string[]): readonly string[] {
  const labels = hosts.map((host) =>
    isIPv4(host) ? "" : (host.toLowerCase().split(".")[0] ?? "").replaceAll("_", "-"),
  );
  const fit = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  return fit && new Set(labels).size === hosts.length ? labels : hosts.map((_, i) => `n${i}`);
}

/** Nodes of each role: split by the ratio, one at least for each; a single node has both. */
export function splitNodes(
  names: readonly string[],
  ratio: FirstAnswers["ratio"],
): { readonly prefill: readonly string[]; readonly decode: readonly string[] } {
  if (names.length < 2) return { prefill: names, decode: names };
  const wanted = Math.round((names.length * ratio.prefill) / (ratio.prefill + ratio.decode));
  const first = Math.min(Math.max(wanted, 1), names.length - 1);
  return { prefill: names.slice(0, first), decode: names.slice(first) };
}

/** The largest power of two that leaves each instance its devices. */
export function firstTp(devices: number, instances: number): number {
  const each = Math.max(1, Math.floor(devices / Math.max(1, instances)));
  return 2 ** Math.floor(Math.log2(each));
}

/** The shortest file that is a cluster, with a word to each line that a reader will want to change. */
export function firstTopology(answers: FirstAnswers): string {
  const { name, model, nodes, connector, fields, tp, schema } = answers;
  const shared = answers.prefill.some((node) => answers.decode.includes(node));
  const of = (role: "prefill" | "decode") =>
    shared ? answers.ratio[role] * answers[role].length : answers[role].length;
  const role = (which: "prefill" | "decode") =>
    `{ ${[`nodes: ${list(answers[which])}`, ...(of(which) > 1 ? [`instances: ${of(which)}`] : [])].join(", ")} }`;
  const lines: readonly (readonly [string, string?])[] = [
    ...(schema === undefined ? [] : [[`# yaml-language-server: $schema=${schema}`] as const]),
    ["version: 1"],
    [`name: ${name}`, "of the cluster"],
    [
      `model: ${yamlText(model)}`,
      /^~?\//.test(model) ? "the same path on every node" : "a hub name, or a path that is on every node",
    ],
    ["nodes:"],
    ...grouped(nodes).map((line, i): readonly [string, string?] => (i === 0 ? [line, "host: where SSH goes"] : [line])),
    ["kv:"],
    [`  transfer: { ${[`connector: ${connector}`, ...fields].join(", ")} }`, "how KV gets from prefill to decode"],
    ...(tp > 1 ? [["engine:"] as const, [`  parallel: { tp: ${tp} }`, "devices of an instance"] as const] : []),
    [`prefill: ${role("prefill")}`],
    [`decode: ${role("decode")}`, "vllm's own flags: args: { max-num-seqs: 256 }"],
    [`proxy: { node: ${answers.prefill[0] ?? ""}, port: 8000 }`, "what clients talk to"],
  ];
  const widest = Math.max(
    ...lines.filter(([text, note]) => note !== undefined && text.length < WIDE).map(([text]) => text.length),
  );
  return lines
    .map(([text, note]) => (note === undefined ? text : `${text.padEnd(widest)}   # ${note}`))
    .join("\n")
    .concat("\n");
}
const WIDE = 72;

/** One line for nodes that differ in name and address only. */
function grouped(nodes: readonly FirstNode[]): readonly string[] {
  const groups = new Map<string, FirstNode[]>();
  for (const node of nodes) {
    const key = JSON.stringify([node.hardware, node.devices, node.nic, node.ip === undefined, node.host === node.name]);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const keys = [
      `name: ${range(group.map(({ name }) => name))}`,
      ...(first?.host === first?.name ? [] : [`host: ${range(group.map(({ host }) => host))}`]),
      ...(first?.ip === undefined ? [] : [`ip: ${range(group.map(({ ip = "" }) => ip))}`]),
      ...(first?.nic === undefined ? [] : [`nic: ${first.nic}`]),
      `hardware: ${first?.hardware}`,
      ...(hardware.get(first?.hardware ?? "")?.devices === first?.devices ? [] : [`devices: ${first?.devices}`]),
    ];
    return `  - { ${keys.join(", ")} }`;
  });
}

/** Folded where that names the same in the same order, else one by one. */
function range(names: readonly string[]): string {
  if (names.length === 1) return yamlText(names[0] ?? "");
  if (new Set(names).size === 1 && names[0] === "local") return "local";
  const folded = foldRange(names);
  const back = parseRange(folded);
  const same = "names" in back && JSON.stringify(back.names) === JSON.stringify(names);
  return JSON.stringify(same ? folded : names.join(","));
}

const list = (names: readonly string[]): string => range(names);

/** Plain where YAML reads that as this text, quoted else. */
const yamlText = (text: string): string =>
  /^[A-Za-z/~][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|~)$/i.test(text) ? text : JSON.stringify(text);
