import type { Role } from "../../topology/topology.ts";
import type { Voice } from "../remark.ts";
import type { Placed } from "../setup.ts";
import { width } from "./machines.ts";

/** Engines that are one serving instance, by rank; the node of the first holds rank 0. */
export interface Serving {
  readonly role: Role;
  readonly engines: readonly [Placed, ...Placed[]];
  readonly nodes: readonly string[];
}

export function servings(placed: readonly Placed[], voice: Voice): readonly Serving[] {
  const groups = new Map<string, Placed[]>();
  placed.forEach((engine, i) => {
    const { dp, nnodes, address } = engine.group;
    const key =
      (dp > 1 || nnodes > 1) && address !== undefined ? `${engine.role} ${address.value}` : `${engine.role} #${i}`;
    groups.set(key, [...(groups.get(key) ?? []), engine]);
  });
  return [...groups.values()].flatMap((group) => {
    const [first, ...more] = group.toSorted((a, b) => firstRank(a) - firstRank(b));
    if (first === undefined) return [];
    tiled([first, ...more], voice);
    return [
      {
        role: first.role,
        engines: [first, ...more] as const,
        nodes: [...new Set([first, ...more].map(({ node }) => node))],
      },
    ];
  });
}

const firstRank = ({ group: { rank, start, nodeRank } }: Placed): number => rank ?? start ?? nodeRank;

/** Ranks of each process in turn have to be 0 … dp − 1. */
function tiled(engines: readonly Placed[], voice: Voice): void {
  const dp = engines[0]?.group.dp ?? 1;
  const ranks = engines.flatMap((engine) => {
    const { rank, start = 0, dpLocal } = engine.group;
    const own = rank !== undefined ? 1 : (dpLocal ?? dp);
    return Array.from({ length: own }, (_, i) => (rank ?? start) + i);
  });
  const at = engines.at(-1)?.at;
  if (
    at !== undefined &&
    (engines[0]?.group.nnodes ?? 1) === 1 &&
    ranks.join() !== Array.from({ length: dp }, (_, i) => i).join()
  )
    voice.fault(
      at,
      "--data-parallel-size",
      `the commands start the ranks ${ranks.join(", ")} of ${dp}: each has to be started once`,
    );
}

/** Device ids that have to be pinned, by engine: none where the planner's own choice is the same, or the source's cannot be. */
export function pinned(all: readonly Serving[], voice: Voice): ReadonlyMap<Placed, readonly string[]> {
  const pins = new Map<Placed, readonly string[]>();
  const next = new Map<string, number>();
  const used = new Map<string, Placed>();
  let needed = false;
  let wrong = false;
  for (const engine of all.flatMap(({ engines }) => engines)) {
    const size = width(engine);
    const from = next.get(engine.node) ?? 0;
    next.set(engine.node, from + size);
    const expected = Array.from({ length: size }, (_, i) => String(from + i));
    const ids = engine.devices?.value;
    if (ids === undefined) continue;
    const taken = ids.map((id) => used.get(`${engine.node} ${id}`)).find((each) => each !== undefined);
    const at = engine.devices?.at ?? engine.at;
    if (taken !== undefined) {
      wrong = true;
      voice.fault(
        at,
        `devices ${ids.join(",")}`,
        `the engine of line ${taken.at.line} has them on the same machine: the second would find no free memory; each gets its own`,
      );
    } else if (ids.length !== size) {
      wrong = true;
      voice.fault(
        at,
        `devices ${ids.join(",")}`,
        `the engine needs ${size} and sees ${ids.length}; each gets what it needs`,
      );
    } else if (ids.join() !== expected.join()) needed = true;
    for (const id of ids) used.set(`${engine.node} ${id}`, engine);
    pins.set(engine, ids);
  }
  return needed && !wrong ? pins : new Map();
}
