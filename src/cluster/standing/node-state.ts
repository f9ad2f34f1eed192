import type { Facts } from "../../facts/index.ts";
import { realEngines } from "../../plan/facts/real-engines.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Claims, StateNode, WriteState } from "../../supervise/index.ts";
import type { Run } from "../run/run.ts";
import type { Known, Standing } from "./standing.ts";

/** What every node of a cluster writes down before anything is started there: enough for whoever finds one of them to find all. */
export function stateOf(plan: Plan, known: Known, generation: number, run: Run): WriteState["state"] {
  const planned = plan.services.map(({ id }) => id);
  return {
    cluster: plan.cluster,
    owner: run.owner,
    generation,
    planned,
    run: run.id,
    nodes: known.nodes.map(portable),
  };
}

/** The same without what was taken away on purpose: nobody misses it. */
export function lessOf(standing: Standing, gone: ReadonlySet<string>, known: Known, run: Run): WriteState["state"] {
  const { cluster, generation, planned, owners } = standing;
  const owner = owners[0]?.owner ?? run.owner;
  const left = planned.filter((id) => !gone.has(id));
  return { cluster, owner, generation, planned: left, run: run.id, nodes: known.nodes.map(portable) };
}

/** A key file is the launcher's own: on another machine there is no such file, or it is another key. */
function portable({ node, host, ip, stateDir, ssh: { identityFile: _, ...ssh } }: Known["nodes"][number]): StateNode {
  return { node, host, ip, stateDir, ssh };
}

/** What the plan takes of a node. A stand-in holds no device. */
export function claimsOf(plan: Plan, node: string): Claims {
  const mine = plan.services.filter((one) => one.node === node);
  const engines = realEngines(plan).filter((one) => one.node === node);
  const kept = plan.nodes.find(({ name }) => name === node)?.asks?.directories ?? [];
  return {
    ports: mine.flatMap(({ id, listens }) => listens.map(({ port }) => ({ port, service: id }))),
    devices: [...new Set(engines.flatMap(({ devices }) => devices))],
    directories: [...new Set([...kept, ...mine.flatMap(({ scratch }) => scratch)])],
  };
}

/** Memory in use of each device, MiB, where nothing of the cluster runs yet; undefined: something does, or no tool tells. */
export function baselineOf(
  node: string,
  facts: readonly Facts[],
  { services }: Standing,
): Readonly<Record<string, number>> | undefined {
  const devices = facts.find((one) => one.node === node)?.devices ?? [];
  const runs = services.some((one) => one.node === node && (one.state.state === "alive" || one.processes > 0));
  return runs || devices.length === 0 ? undefined : Object.fromEntries(devices.map(({ id, usedMb }) => [id, usedMb]));
}
