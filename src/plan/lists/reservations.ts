import type { Shared } from "../../connectors/connector.ts";
import { grouped } from "../../once.ts";
import type { Reservation, Service } from "../plan.ts";
import type { Seat } from "../seats/seats.ts";

/** What is taken on each node: the services' own, and the ranges that the connectors' libraries draw from. */
export function reservations(
  services: readonly Pick<Service, "node" | "kind" | "reserves">[],
  seats: ReadonlyMap<string, Seat>,
  shared: readonly { readonly name: string; readonly shared: Shared }[],
): Readonly<Record<string, readonly Reservation[]>> {
  const byNode = grouped(services, ({ node }) => node);
  return Object.fromEntries(
    [...seats].flatMap(([node, seat]) => {
      const here = byNode.get(node) ?? [];
      const all = [...here.flatMap(({ reserves }) => reserves), ...drawn(here, seat, shared)];
      return all.length === 0 ? [] : [[node, all.toSorted((a, b) => a.first - b.first || a.last - b.last)]];
    }),
  );
}

/** Only nodes with an engine load the connector's library. */
function drawn(
  here: readonly Pick<Service, "kind">[],
  { hardware, node }: Seat,
  shared: readonly { readonly name: string; readonly shared: Shared }[],
): readonly Reservation[] {
  if (!here.some(({ kind }) => kind === "engine")) return [];
  return shared.flatMap(({ name, shared: { reserves } }) =>
    reserves({ hardware, devices: node.devices }).map((range) => ({ ...range, owner: name, random: true })),
  );
}
