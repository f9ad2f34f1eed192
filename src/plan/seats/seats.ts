import { isIPv4 } from "node:net";
import type { Facts } from "../../facts/facts.ts";
import type { Hardware } from "../../hardware/hardware.ts";
import { hardware } from "../../hardware/index.ts";
import { firsts } from "../../once.ts";
import type { Node, Topology } from "../../topology/topology.ts";
import type { PlanFile } from "../plan.ts";
import { atHome } from "./home.ts";

/** A node as the plan sees it: what the topology says, what the node said, and place-holders for what nobody has said yet. */
export interface Seat {
  readonly node: Node;
  readonly ip: string;
  readonly nic: string;
  /** Neither the topology nor the address itself says it: it is a fact. */
  readonly asksIp: boolean;
  readonly asksNic: boolean;
  readonly home: string;
  /** The node has been asked. */
  readonly asked: boolean;
  readonly hardware: Hardware;
  readonly stateDir: string;
  /** Command that runs pdctl's own programs there, and the file it needs when the node has no Node of its own. */
  readonly runner: { readonly path: string; readonly files: readonly PlanFile[] };
  /** Versions of vllm and its plugins, where they are known. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What a node without an accelerator has: nothing that anybody would set. */
const none: Hardware = {
  name: "none",
  family: "none",
  about: "no engine runs here",
  interfaces: [],
  addresses: [],
  vendorScripts: [],
  env: {},
  container: () => [],
  kvBufferDevices: ["cpu"],
  sameInGroup: [],
  causes: [],
  rules: [],
};

export function seats({ name, nodes }: Topology, facts: readonly Facts[]): ReadonlyMap<string, Seat> {
  const said = firsts(facts, ({ node }) => node);
  return new Map(nodes.map((node) => [node.name, seat(node, name, said.get(node.name))]));
}

function seat(node: Node, cluster: string, said: Facts | undefined): Seat {
  const ip = node.ip ?? addressOf(node.host) ?? said?.hostIp ?? `<fact:ip@${node.name}>`;
  const home = said?.home ?? `<fact:home@${node.name}>`;
  const stateDir = `${root(node.stateDir, home)}/${cluster}/${node.name}`;
  return {
    node,
    ip,
    asksIp: (node.ip ?? addressOf(node.host)) === undefined,
    asksNic: (node.nic ?? loopback(node, ip)) === undefined,
    nic: node.nic ?? loopback(node, ip) ?? (said && owner(said, ip)) ?? `<fact:nic@${node.name}>`,
    home,
    asked: said !== undefined,
    hardware: hardware.get(node.hardware) ?? none,
    stateDir,
    runner: runner(node.name, stateDir, said),
    versions: said?.versions ?? {},
  };
}

/** An address is its own answer; a name is asked for on the nodes. */
const addressOf = (host: string) => (host === "local" ? "127.0.0.1" : isIPv4(host) ? host : undefined);

const loopback = ({ host }: Node, ip: string) => (host === "local" && ip === "127.0.0.1" ? "lo" : undefined);

const owner = ({ interfaces }: Facts, ip: string) =>
  Object.entries(interfaces).find(([, addresses]) => addresses.includes(ip))?.[0];

function root(stateDir: string | undefined, home: string): string {
  if (stateDir === undefined) return `${home}/.pdctl`;
  return atHome(stateDir, { home }).replace(/(?<=.)\/+$/, "");
}

function runner(node: string, stateDir: string, said: Facts | undefined): Seat["runner"] {
  if (said === undefined) return { path: `<fact:node@${node}>`, files: [] };
  if (said.nodePath !== null) return { path: said.nodePath, files: [] };
  const path = `${stateDir}/programs/node`;
  return { path, files: [{ name: "node", path, program: "node" }] };
}

/** One of pdctl's own programs on a node: a stable path, whatever build it is. */
export const program = ({ stateDir }: Seat, name: "proxy" | "sim"): PlanFile => ({
  name,
  path: `${stateDir}/programs/${name}.mjs`,
  program: name,
});

/** A cluster on this machine alone listens for this machine alone. */
export const anywhere = (all: ReadonlyMap<string, Seat>): string =>
  [...all.values()].every(({ node, ip }) => node.host === "local" && ip === "127.0.0.1") ? "127.0.0.1" : "0.0.0.0";
