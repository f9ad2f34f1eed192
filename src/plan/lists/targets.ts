import type { Target } from "../../proxy/config.ts";
import type { Granted } from "../claims/claims.ts";
import type { Seat } from "../seats/seats.ts";

/** Every HTTP endpoint that the proxy may choose, in the order of instances and ranks. Source: launch.md §1.2, seed-lines.md C14. */
export const targets = (granted: readonly Granted[], seats: ReadonlyMap<string, Seat>): readonly Target[] =>
  granted.flatMap(({ instance: { role }, layout, http }) =>
    layout.processes.flatMap(({ node, headless, localIndex, slots }) => {
      const first = http.get(node)?.first;
      if (headless || first === undefined) return [];
      return [{ url: `http://${seats.get(node)?.ip ?? node}:${first + localIndex}`, role, slots }];
    }),
  );
