import type { Service } from "../../plan/plan.ts";
import type { Delta } from "../changes/changes.ts";
import type { StandingService } from "../down/take-down.ts";

/** Engine groups that go, come or restart together. */
export interface Unit {
  readonly groups: readonly string[];
  readonly roles: ReadonlySet<string>;
  /** What runs of them and has to stop. */
  readonly stops: readonly StandingService[];
  /** What is started then. */
  readonly starts: readonly Service[];
  /** It restarts for the sake of another group alone, whose handshakes with it would be stale. */
  readonly peer: boolean;
  /** It makes the handshakes of others stale. */
  readonly cause: boolean;
}

/**
 * The changed engine groups, one unit each; those of which one is to have devices or ports that another one still holds are one unit.
 * @param running  what runs of the whole cluster
 */
export function unitsOf(delta: Delta, running: readonly StandingService[]): readonly Unit[] {
  const restarting = new Map(delta.restart.map(({ service, why }) => [service.id, why]));
  const going = [
    ...delta.stop,
    ...running.filter((one) => restarting.has(one.spec.service) && !delta.stop.includes(one)),
  ].filter(({ spec }) => spec.kind === "engine");
  const coming = [...delta.start, ...delta.restart.map(({ service }) => service)].filter(
    ({ kind }) => kind === "engine",
  );
  const groups = [...new Set([...going.map(({ spec }) => spec.group), ...coming.map(({ group }) => group)])];
  const stops = (group: string) => going.filter(({ spec }) => spec.group === group);
  const starts = (group: string) => coming.filter((one) => one.group === group);
  return joined(groups, (one, other) => starts(one).some((is) => stops(other).some((was) => meet(is, was)))).map(
    (together) => {
      const mine = { stops: together.flatMap(stops), starts: together.flatMap(starts) };
      const roles = [...mine.stops.map(({ spec }) => spec.role), ...mine.starts.map(({ role }) => role)];
      const peer = mine.starts.length > 0 && mine.starts.every(({ id }) => PEER.test(restarting.get(id) ?? ""));
      return {
        groups: together,
        roles: new Set(roles.filter((role) => role !== null)),
        ...mine,
        peer,
        cause: together.some((group) => delta.stale.has(group)),
      };
    },
  );
}

const PEER = /^peer of /;

/** A device or a port of the one is what the other one holds. */
function meet(is: Service, { spec, node }: StandingService): boolean {
  if (is.node !== node) return false;
  const held = new Set(spec.listens.map(({ port }) => port));
  return is.devices.some((device) => spec.devices.includes(device)) || is.listens.some(({ port }) => held.has(port));
}

/** Names by what connects them, each set in the order of its first. */
function joined(
  names: readonly string[],
  touch: (one: string, other: string) => boolean,
): readonly (readonly string[])[] {
  const sets: string[][] = [];
  for (const name of names) {
    const near = sets.filter((set) => set.some((other) => touch(name, other) || touch(other, name)));
    const [first] = near;
    if (first === undefined) sets.push([name]);
    else first.push(...near.slice(1).flatMap((set) => set.splice(0)), name);
  }
  return sets.filter((set) => set.length > 0);
}
