import type { Unit } from "./units.ts";

/** What stops and starts at one time, and what the proxy must not choose meanwhile. */
export interface Step {
  readonly units: readonly Unit[];
  /** Groups without new requests during the step. */
  readonly away: ReadonlySet<string>;
}

/**
 * The order in which engine groups change under traffic: what comes is there before anything goes; then one group at a time.
 *
 * Where a connector needs peers restarted, nobody of before must ever meet what is fresh: one half of both roles changes while the
 * other half serves, and the proxy goes from the one to the other at once. Source: launch.md §3.2, restart hazard.
 */
export function schedule(units: readonly Unit[]): readonly Step[] {
  const goes = units.filter(({ starts }) => starts.length === 0);
  const others = units.filter(({ starts }) => starts.length > 0);
  const bound = others.some(({ peer }) => peer) ? others.filter(({ peer, cause }) => peer || cause) : [];
  const free = others.filter((unit) => !bound.includes(unit));
  return [
    ...together(free.filter(({ stops }) => stops.length === 0)),
    ...inHalves(bound),
    ...free.filter(({ stops }) => stops.length > 0).flatMap((unit) => together([unit])),
    ...together(goes),
  ];
}

/** One step of these units, which are away while it lasts. */
const together = (units: readonly Unit[]): readonly Step[] =>
  units.length === 0 ? [] : [{ units, away: new Set(units.flatMap(({ groups }) => groups)) }];

function inHalves(bound: readonly Unit[]): readonly Step[] {
  const [first, second] = halves(bound);
  return [first, second].every(bothRoles) ? [...together(first), ...together(second)] : together(bound);
}

const bothRoles = (units: readonly Unit[]) =>
  (["prefill", "decode"] as const).every((role) => units.some(({ roles }) => roles.has(role)));

/** Half of each role's units, and the other half. */
function halves(units: readonly Unit[]): readonly [readonly Unit[], readonly Unit[]] {
  const first = new Set(
    (["prefill", "decode"] as const).flatMap((role) => {
      const mine = units.filter(({ roles }) => roles.has(role));
      return mine.slice(0, Math.floor(mine.length / 2));
    }),
  );
  return [units.filter((unit) => first.has(unit)), units.filter((unit) => !first.has(unit))];
}
