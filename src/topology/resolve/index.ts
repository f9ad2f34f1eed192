import { defined } from "../defined.ts";
import type { Finding, Path } from "../rule.ts";
import type { Declared } from "../rules/declared.ts";
import type { Shape } from "../shape/topology.ts";
import { durationMs } from "../shape/words.ts";
import type { Outside } from "../sources/index.ts";
import type { Node, Topology } from "../topology.ts";
import { child, lookUp, type Tree } from "../tree/tree.ts";
import { unknownName } from "../validate/unknown.ts";
import { argsOf } from "./args.ts";
import { envOf } from "./env.ts";
import { moveHosts } from "./hosts.ts";
import { resolveInstances } from "./instances.ts";
import { resolveKv } from "./kv.ts";
import type { KnownNodes } from "./node-refs.ts";
import { resolveNodes } from "./nodes.ts";
import { resolveProxy } from "./proxy.ts";
import { resolveServices } from "./services.ts";
import { resolveSetup } from "./setup.ts";

export interface Resolved {
  readonly topology: Topology | undefined;
  readonly findings: readonly Finding[];
}

export interface Overrides {
  readonly set: readonly string[];
  readonly hosts: readonly string[];
}

/** An unknown key (S07) was left out and does not hinder. From keys that fit their schema to the topology: ranges expanded, names looked up, layers merged, defaults filled in. */
export function resolve(
  shape: Shape,
  tree: Tree,
  declared: Declared,
  overrides: Overrides,
  outside: Outside,
): Resolved {
  const {
    nodes: written,
    groups,
    findings: inNodes,
  } = resolveNodes(shape.nodes, tree, { ssh: shape.ssh, declared, outside });
  const { nodes, findings: inHosts } = moveHosts(written, overrides.hosts);
  const names: KnownNodes = { nodes: new Set(nodes.map(({ name }) => name)), groups };
  const inFields = [
    overrides.hosts.length > 0 ? inNodes.filter(({ code }) => code !== "address") : inNodes,
    inHosts,
    unknownHardware(nodes, tree, declared),
    layerFindings(tree),
  ].flat();
  if (inNodes.some(({ code }) => code === "from")) return { topology: undefined, findings: inFields }; // nobody knows who the nodes are
  const kv = resolveKv(shape, tree, declared, names);
  const room = new Map(nodes.map(({ name, devices }) => [name, devices.length]));
  const prefill = resolveInstances("prefill", shape.prefill, tree, names, room);
  const decode = resolveInstances("decode", shape.decode, tree, names, room);
  const proxy = resolveProxy(shape, tree, names);
  const setup = resolveSetup(shape, tree, names);
  const services = resolveServices(shape, tree, names);
  const all = [
    inFields,
    kv.findings,
    prefill.findings,
    decode.findings,
    proxy.findings,
    setup.findings,
    services.findings,
  ].flat();
  if (kv.kv === undefined || all.some(({ level, code }) => level === "error" && code !== "S07"))
    return { topology: undefined, findings: all };
  const topology: Topology = defined({
    name: shape.name,
    model: modelOf(shape),
    nodes,
    kv: kv.kv,
    instances: [...prefill.instances, ...decode.instances],
    proxy: proxy.proxy,
    setup: setup.setup,
    services: services.services,
    smoke: { maxTokens: shape.smoke.max_tokens, promptWords: shape.smoke.prompt_words },
    bench: shape.bench && { args: argsOf(child(tree, "bench", "args"), ["bench", "args"]).args, path: ["bench"] },
    timeouts: timeoutsOf(shape),
    preflight: { skip: shape.preflight.skip },
    secrets: shape.secrets,
    restart: restartOf(shape),
    ttlMs: shape.ttl === undefined ? undefined : durationMs(shape.ttl),
    experimental: shape.experimental,
    overrides,
  });
  return { topology, findings: all };
}

const modelOf = ({ model }: Shape): Topology["model"] =>
  defined({
    path: model.path,
    servedName: model.served_name ?? model.path,
    kind: model.kind,
    tokenizer: model.tokenizer,
    servedNameIsSet: model.served_name !== undefined,
  });

const restartOf = ({ restart: { policy, max, window } }: Shape): Topology["restart"] =>
  policy === "never" ? undefined : { max, windowMs: durationMs(window) ?? 0 };

function timeoutsOf({ timeouts }: Shape): Topology["timeouts"] {
  const ms = (text: string) => durationMs(text) ?? 0; // the schema let durations through only
  return {
    connectMs: ms(timeouts.connect),
    readyMs: ms(timeouts.ready),
    stopMs: ms(timeouts.stop),
    smokeMs: ms(timeouts.smoke),
  };
}

function unknownHardware(nodes: readonly Node[], tree: Tree, declared: Declared): readonly Finding[] {
  const allowed = [...declared.hardware.keys(), "none"];
  return nodes
    .filter(({ hardware }) => !allowed.includes(hardware))
    .map(({ path }) =>
      unknownName("hardware", [...path, "hardware"], lookUp(tree, [...path, "hardware"])?.value, allowed),
    );
}

/** args and env of every layer, each looked at where it is written. */
function layerFindings(tree: Tree): readonly Finding[] {
  const roles = (["prefill", "decode"] as const).flatMap((role): Path[] => {
    const list = child(tree, role, "instances");
    return [[role], ...(list?.kind === "list" ? list.items.map((_, i) => [role, "instances", i]) : [])];
  });
  const args: readonly Path[] = [["engine"], ...roles, ["bench"]];
  return [
    ...args.flatMap((layer) => argsOf(child(tree, ...layer, "args"), [...layer, "args"]).findings),
    ...[["engine"], ...roles].flatMap((layer) => envOf(child(tree, ...layer, "env"), [...layer, "env"]).findings),
  ];
}
