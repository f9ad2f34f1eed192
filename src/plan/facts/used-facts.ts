import type { Facts } from "../../facts/facts.ts";
import { grouped } from "../../once.ts";
import { sha256 } from "../files.ts";
import type { Plan, PlanNode, Service, UsedFacts } from "../plan.ts";
import type { Seat } from "../seats/seats.ts";

/** What a plan took from the nodes that were asked; null when none was. */
export function usedFacts(
  facts: readonly Facts[],
  seats: ReadonlyMap<string, Seat>,
  services: readonly Service[],
  nodes: readonly PlanNode[],
): Plan["facts"] {
  if (facts.length === 0) return null;
  const byNode = grouped(services, ({ node }) => node);
  const used = Object.fromEntries(
    nodes.flatMap((node) => {
      const seat = seats.get(node.name);
      return seat?.asked === true ? [[node.name, usedOf(seat, node, byNode.get(node.name) ?? [])] as const] : [];
    }),
  );
  return { digest: sha256(JSON.stringify(used)), at: Math.min(...facts.map(({ at }) => at)), nodes: used };
}

function usedOf(seat: Seat, node: PlanNode, here: readonly Service[]): UsedFacts {
  const { home, runner, versions } = seat;
  const text = JSON.stringify([node.stateDir, here]); // as JSON writes it, so is the home below
  const programs = here.some(({ files }) => files.some((file) => "program" in file));
  return {
    ...(seat.asksIp && { ip: seat.ip }),
    ...(seat.asksNic && { nic: seat.nic }),
    ...(text.includes(JSON.stringify(home).slice(1, -1)) && { home }),
    ...(programs && { node: runner.files.length === 0 ? runner.path : null }),
    ...(Object.keys(versions).length > 0 && { versions }),
  };
}
