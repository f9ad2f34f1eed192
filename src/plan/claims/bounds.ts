import type { Instance, Parallel } from "../../topology/topology.ts";

const WORLD = 4096; // devices of one instance; more is a typing error that the rules name, not a list to be made
const RANKS = 256;

/** The instance with a world that can be written down. What can be run passes unchanged. */
export function bounded(instance: Instance): Instance {
  const { parallel } = instance.engine;
  const { tp, pp, pcp, dcp, dp } = parallel;
  if (tp * pp * pcp * dp <= WORLD && dp <= RANKS && dcp <= WORLD && widest(parallel) <= WORLD) return instance;
  return { ...instance, engine: { ...instance.engine, parallel: cut(parallel) } };
}

const widest = ({ dpLocal = 0, dpShares = [] }: Parallel): number => Math.max(dpLocal, ...dpShares);

function cut(parallel: Parallel): Parallel {
  const tp = Math.min(parallel.tp, WORLD);
  const pp = Math.min(parallel.pp, Math.floor(WORLD / tp));
  const pcp = Math.min(parallel.pcp, Math.floor(WORLD / (tp * pp)));
  const dp = Math.min(parallel.dp, RANKS, Math.floor(WORLD / (tp * pp * pcp)));
  const dcp = Math.min(parallel.dcp, WORLD);
  const { dpLocal, dpShares, ...others } = parallel;
  return {
    ...others,
    tp,
    pp,
    pcp,
    dp,
    dcp,
    ...(dpLocal !== undefined && { dpLocal: Math.min(dpLocal, WORLD) }),
    ...(dpShares !== undefined && { dpShares: dpShares.map((each) => Math.min(each, WORLD)) }),
  };
}
