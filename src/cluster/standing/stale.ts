import type { Standing } from "./standing.ts";

/**
 * Engines that hold a handshake with a peer which its node's keeper has started again since: by service, that peer's group. A keeper sees its own
 * node alone and restarts no peers; a launcher that starts something again does so under a new generation. Ages, not clock times, are
 * compared, as nodes' clocks differ. Source: vllm#49238, smg#2382; launch.md §3.2.
 */
export function staleNow(services: Standing["services"]): ReadonlyMap<string, string> {
  const alive = services.flatMap(({ spec, state, nodeNowMs, keeperStarts }) =>
    spec.kind === "engine" && state.state === "alive" ? [{ spec, ageMs: nodeNowMs - state.sinceMs, keeperStarts }] : [],
  );
  const again = alive.filter(({ keeperStarts }) => keeperStarts > 0);
  return new Map(
    alive.flatMap(({ spec, ageMs }) => {
      const cause = again.find(
        (one) => one.spec.role !== null && spec.peers.includes(one.spec.role) && one.ageMs < ageMs,
      );
      return cause === undefined ? [] : [[spec.service, cause.spec.group] as const];
    }),
  );
}
