import type { FindingData } from "../../cluster/events.ts";
import { Bug, type ErrorCode, type ErrorFacts, type UserError } from "../../errors.ts";
import { pasted } from "../../quote.ts";
import { folded } from "../../words/names.ts";
import { duration, limit } from "../../words/numbers.ts";

/** What an error says to a person: its card, the named cause for `pdctl explain`, and what to do next. */
export interface ErrorText extends FindingData {
  readonly code?: string;
  readonly next?: readonly string[];
}

const FOUND_AT = ["the argument", "--file", "$PDCTL_TOPOLOGY"];

const texts: { readonly [C in ErrorCode]: (facts: ErrorFacts[C]) => ErrorText } = {
  usage: ({ what, next }) => ({ title: what, next: [next] }),
  "file.unreadable": ({ file, why, topologies }) => ({
    title: `${file} was not read`,
    why,
    ...(topologies?.[0] !== undefined && { do: [`there is ${topologies.slice(0, 4).join(", ")}`] }),
    next: [
      topologies === undefined
        ? "pdctl --help"
        : topologies.length === 1
          ? `pdctl validate ${pasted(topologies[0] ?? "")}`
          : "pdctl init",
    ],
  }),
  "topology.missing": ({ looked }) => ({
    title: `no topology was named, and none was found: ${[...FOUND_AT, ...looked].join(", ")}`,
    next: ["pdctl demo", "pdctl validate FILE"],
  }),
  "topology.invalid": ({ file, first }) => ({
    title: `${file} has errors, and no cluster of it is known here`,
    why: first,
    next: [`pdctl validate ${file}`],
  }),
  "plan.invalid": ({ file, why }) => ({
    title: `${file} is no plan that can be run`,
    why,
    next: ["pdctl plan -o FILE"],
  }),
  "plan.drifted": ({ file, drifts }) => ({
    title: `${file} was made with facts that are not so any more`,
    why: drifts
      .slice(0, 6)
      .map(({ node, fact, was, is }) => `${fact} of ${node} was ${was}, is ${is}`)
      .concat(drifts.length > 6 ? [`… ${drifts.length - 6} more`] : [])
      .join("; "),
    do: ["pdctl plan --changes -o FILE, then look at what changed: pdctl plan --diff FILE"],
  }),
  "secret.missing": ({ names }) => ({
    title: `${names.length === 1 ? "secret" : "secrets"} ${names.join(", ")} not set in this environment`,
    where: "the topology's `secrets`, taken from the environment of pdctl",
    do: names.map((name) => `export ${name}=…`),
  }),
  "secret.short": ({ names, least }) => ({
    title: `${names.length === 1 ? "secret" : "secrets"} ${names.join(", ")} shorter than ${least} characters`,
    where: "the topology's `secrets`, taken from the environment of pdctl",
    cause: "so short a value is a part of other words: no output could hide it",
    do: [`a longer value, or env in the topology if it is no secret`],
  }),
  "node.unreachable": ({ node, address, afterMs, why }) => ({
    title: `${node} did not answer`,
    where: at(node, address),
    why,
    cause: afterMs < 1000 ? "no SSH server answers there" : `no SSH answer within ${seconds(afterMs)}`,
    code: "unreachable",
    do: [`ssh ${target(address)} true`],
  }),
  "node.login-refused": ({ node, address, port, user, why, offered }) => ({
    title: `login refused on ${node}`,
    where: `${at(node, address)}, as ${user}, port ${port}`,
    why: offered.length === 0 ? why : `${why}; offered ${offered.join(", ")}`,
    cause: "the node does not know any key that was offered",
    code: "auth",
    do: [`ssh-copy-id ${port === 22 ? "" : `-p ${port} `}${user}@${host(address)}, or ssh.identity_file for the node`],
  }),
  "node.host-key-unknown": ({ node, address, type, fingerprint, looked }) => ({
    title: `host key of ${node} is not known`,
    where: `${at(node, address)}, looked in ${looked.join(", ")} and the node's host_keys`,
    why: `offered ${fingerprint} (${type})`,
    cause: "first contact from this machine",
    code: "host-key-unknown",
    do: [
      "pdctl trust    shows the fingerprints, asks once",
      `in CI: pin it as ssh.host_keys: ["${fingerprint}"] in the topology`,
    ],
  }),
  "node.host-key-changed": ({ node, address, port, type, offered, known, where }) => ({
    title: `host key of ${node} has changed`,
    where: `${at(node, address)}, ${where}`,
    why: `known ${known}, offered ${offered} (${type})`,
    cause: "reinstalled, or another machine answers",
    code: "host-key-changed",
    do: [
      `if it was reinstalled: ssh-keygen -R ${port === 22 ? host(address) : `"[${host(address)}]:${port}"`}, then pdctl trust ${node}`,
    ],
  }),
  "node.silent": ({ node, address, awaited, afterMs }) => ({
    title: `${node} did not answer within ${seconds(afterMs)}`,
    where: at(node, address),
    cause: `no ${awaited} came`,
    code: "silent",
    do: [`ssh ${target(address)} true`],
  }),
  "node.lost": ({ node, address, why }) => ({
    title: `${node} was lost`,
    where: at(node, address),
    why,
    cause: "the connection ended; what runs there is unknown",
    code: "lost",
    next: ["pdctl status"],
  }),
  "node.unfit": ({ node, why, remedy }) => ({ title: `${node} cannot run it`, where: node, why, do: [remedy] }),
  "node.command": ({ node, command, exit, stderr }) => ({
    title: `${command} ended on ${node} with ${exit === null ? "no exit code" : `exit code ${exit}`}`,
    where: node,
    ...(stderr.trim() !== "" && { why: stderr.trim().split("\n").slice(-10) }),
  }),
  "lock.held": ({ node, cluster, holder, verb, since, pid, link, silentMs, heldMs, wants }) => ({
    title: `${cluster} is locked by ${holder}: pdctl ${verb}, ${heldMs === undefined ? `since ${since}` : `for ${duration(heldMs / 1000)}`}`,
    where: [
      `lock on ${node}`,
      `pid ${pid}`,
      ...(silentMs === undefined ? [] : [`last sign of life ${limit(Math.round(silentMs / 1000))} ago`]),
      ...(link === undefined ? [] : [link]),
    ].join(", "),
    do: [`pdctl ${wants} --wait-lock 10m · looking needs no lock: pdctl status`],
  }),
  "lock.lost": ({ node, change }) => ({
    title: `this run does not hold the lock on ${node} any more`,
    where: node,
    cause: `its connection or its sign of life was missing for too long; ${change} was not done`,
    do: ["pdctl status, then the same again"],
  }),
  "lock.stalled": ({ stoodMs }) => ({
    title: `pdctl itself stood still for ${duration(stoodMs / 1000)}`,
    cause: "stopped, suspended or starved; its lock was given up meanwhile, and another run may have acted",
    do: ["pdctl status, then the same again"],
  }),
  "cluster.foreign": ({ cluster, owner, node }) => ({
    title: `${cluster} belongs to ${owner}`,
    where: `state on ${node}`,
    do: ["another name in the topology; or the same with --adopt, if it is yours to take over"],
  }),
  "cluster.absent": ({ cluster, host, known }) => ({
    title: `${host} knows nothing of ${cluster ?? "any cluster"}`,
    ...(known.length > 0 && { where: `it knows ${known.join(", ")}` }),
    do: ["ask as the user whose login started it, and one of its own nodes"],
  }),
  "cluster.unnamed": ({ known }) => ({
    title:
      known.length === 0 ? "no topology was named, and no cluster is known here" : `which cluster: ${known.join(", ")}`,
    next: known.length === 0 ? ["pdctl demo", "pdctl validate FILE"] : ["pdctl status FILE"],
  }),
};

export const errorText = <C extends ErrorCode>({ code, facts }: UserError<C>): ErrorText => texts[code](facts);

/** The name under which `pdctl explain` knows an error; its own code where it has no other. */
export const namedCode = (code: string): string => NAMED.get(code) ?? code;
const NAMED: ReadonlyMap<string, string> = new Map([
  ["node.unreachable", "unreachable"],
  ["node.login-refused", "auth"],
  ["node.host-key-unknown", "host-key-unknown"],
  ["node.host-key-changed", "host-key-changed"],
  ["node.silent", "silent"],
  ["node.lost", "lost"],
]);

/** One card for errors of one code: the first one's text, with all nodes in its title. */
export function errorsCard(errors: readonly UserError[]): FindingData {
  const [first] = errors;
  if (first === undefined) throw new Bug("a card needs an error");
  const { code: _, next: __, ...data } = errorText(first);
  const nodes = [...new Set(errors.flatMap(({ facts }) => ("node" in facts ? [facts.node] : [])))];
  if (nodes.length < 2) return { ...data, ...(nodes.length > 0 && { subjects: nodes }) };
  const one = "node" in first.facts ? first.facts.node : "";
  return {
    ...data,
    title: many(data.title.replace(one, folded(nodes))),
    where: [`${nodes.length} nodes`, ...(data.where ?? "").split(", ").slice(1)]
      .join(", ")
      .replace(/^(\d+ nodes), looked/, "$1; looked"),
    subjects: nodes,
  };
}

const many = (title: string) =>
  title
    .replace(/^host key of (.*) is not/, "host keys of $1 are not")
    .replace(/^host key of (.*) has/, "host keys of $1 have")
    .replace(/ was lost$/, " were lost");

const at = (node: string, address: string) => (node === address ? node : `${node} (${host(address)})`);
const host = (address: string) => address.replace(/^.*@/, "").replace(/:\d+$/, "");
const seconds = (ms: number) => (ms % 1000 === 0 ? limit(ms / 1000) : duration(ms / 1000));

/** `user@host:port` as ssh takes it. */
function target(address: string): string {
  const port = /^(.*):(\d+)$/.exec(address);
  if (port === null) return address;
  return port[2] === "22" ? (port[1] ?? address) : `-p ${port[2]} ${port[1]}`;
}
