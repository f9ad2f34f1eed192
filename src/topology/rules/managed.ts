import { connectors } from "../../connectors/index.ts";
import { flags, managedEnv, managedFlags } from "../../engines/index.ts";
import { hardware } from "../../hardware/index.ts";
import { firsts, once } from "../../once.ts";
import { proxies } from "../../proxies/index.ts";
import type { Path, Rule } from "../rule.ts";
import type { Instance, Node, Topology } from "../topology.ts";
import { texts } from "./env.ts";

interface Managed {
  readonly what: string;
  readonly key: string;
}

/** S09: what pdctl decides is decided in one place. Source: launch.md §10.1, design.md §4. */
export const s09: Rule<Topology, Managed> = {
  id: "S09",
  level: "error",
  *check(topology) {
    for (const instance of topology.instances) {
      for (const { word, at } of flagsOf(instance)) {
        const key = managedFlags.get(fullName(word.replace(/^--?/, "").replaceAll("_", "-")));
        if (key !== undefined) yield { at, subject: instance.id, data: { what: word, key } };
      }
      for (const { node, name, at } of variables(topology, instance)) {
        const key = decidedBy(topology, instance, node).get(name);
        if (key !== undefined) yield { at, subject: instance.id, data: { what: name, key } };
      }
    }
    const { kind, args, path } = topology.proxy;
    for (const flag of Object.keys(args)) {
      const key = proxies[kind].managed[flag];
      if (key !== undefined) yield { at: [...path, "args", flag], subject: "proxy", data: { what: `--${flag}`, key } };
    }
  },
  message: ({ what }) => `${what} is written by pdctl itself`,
  caret: ({ key }) => `decided by ${key}`,
  remedy: ({ key, what }) => (key === "name" ? `take ${what} out` : `${key}, in place of ${what}`),
};

/** Flags a user wrote: names of `args`, and words of `argv` up to = or the dot of a nested key. */
function* flagsOf({ engine, path }: Instance): Iterable<{ word: string; at: Path }> {
  for (const flag of Object.keys(engine.args)) yield { word: `--${flag}`, at: [...path, "args", flag] };
  for (const [index, text] of engine.argv.entries()) {
    const [word] = /^--?[A-Za-z][\w-]*/.exec(text) ?? [];
    if (word !== undefined) yield { word, at: [...path, "argv", index] };
  }
}

/** vLLM takes the beginning of a name for the name when no other flag begins so. */
function fullName(written: string): string {
  const [only, ...others] =
    flags.has(written) || managedFlags.has(written) ? [] : [...flags.keys()].filter((name) => name.startsWith(written));
  return only !== undefined && others.length === 0 ? only : written;
}

const nodesByName = once(({ nodes }: Topology) => firsts(nodes, ({ name }) => name));

function* variables(
  topology: Topology,
  { engine, nodes: names, path }: Instance,
): Iterable<{ node: Node; name: string; at: Path }> {
  for (const node of new Set(names.flatMap((name) => nodesByName(topology).get(name) ?? []))) {
    for (const name of Object.keys(engine.env)) yield { node, name, at: [...path, "env", name] };
    for (const name of Object.keys(node.env)) yield { node, name, at: [...node.path, "env", name] };
  }
}

function decidedBy({ kv }: Topology, { role }: Instance, node: Node): ReadonlyMap<string, string> {
  const accelerator = hardware.get(node.hardware);
  const visible = [accelerator?.visibility ?? [], accelerator?.alsoVisibility ?? []].flat();
  const uses = [kv.transfer, ...(kv.cache?.roles.includes(role) ? [kv.cache] : [])];
  return new Map([
    ...managedEnv,
    ...uses.flatMap(({ connector }) => [...(connectors.get(connector)?.managedEnv ?? [])]),
    ...visible.map((name) => [name, "devices"] as const),
    ...(accelerator?.addresses ?? []).map((name) => [name, "nodes[].ip"] as const),
  ]);
}

/** S10: a default that was measured is left with open eyes. Source: launch.md §10.1. */
export const s10: Rule<Topology, { name: string; value: string; by: string; usual: string }> = {
  id: "S10",
  level: "warning",
  *check(topology) {
    for (const instance of topology.instances) {
      for (const { node, name, at } of variables(topology, instance)) {
        const value = texts(node.env[name] ?? instance.engine.env[name] ?? "").join(":");
        const usual = defaultOf(node, name);
        if (usual === undefined || value === usual.value) continue;
        const data = { name, value, by: usual.by, usual: usual.value };
        yield { at, subject: `${instance.id} on ${node.name}`, data };
      }
    }
  },
  message: ({ name, value, by, usual }) => `${name}=${value} replaces ${usual}, ${by}`,
  remedy: ({ name, usual }) => `${name}: "${usual}", or leave it out`,
};

/** What the variable has when nothing is written; an interface that is not written is a fact, and nothing to differ from. */
function defaultOf({ name: node, hardware: kind, nic }: Node, name: string): { by: string; value: string } | undefined {
  const accelerator = hardware.get(kind);
  if (accelerator?.interfaces.includes(name))
    return nic === undefined ? undefined : { by: `the nic of ${node}`, value: nic };
  const value = accelerator?.env[name];
  return typeof value === "string" ? { by: `the default on ${kind}`, value } : undefined;
}
