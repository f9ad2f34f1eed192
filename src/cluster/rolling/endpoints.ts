import type { Target } from "../../proxy/config.ts";
import type { Answering } from "../smoke/witness.ts";

/** Which group answers at which url, as a proxy's record or a plan names them. */
export const groupsOf = (engines: readonly Answering[]): ReadonlyMap<string, string> =>
  new Map(engines.map(({ url, group }) => [url, group]));

/** An endpoint, and whose it is. */
export interface Owned extends Target {
  readonly group: string;
}

export const owned = (targets: readonly Target[], groups: ReadonlyMap<string, string>): readonly Owned[] =>
  targets.map((target) => ({ ...target, group: groups.get(target.url) ?? "" }));

/**
 * What the proxy may choose from while these groups are away. Where nothing of a role would be left, that role stays as it is: a
 * proxy without one is no proxy, and requests that fail meanwhile would fail all the same.
 */
export function without(
  all: readonly Owned[],
  away: ReadonlySet<string>,
): { left: readonly Owned[]; outage: readonly string[] } {
  const roles = ["prefill", "decode"] as const;
  const outage = roles.filter((role) => all.every((one) => one.role !== role || away.has(one.group)));
  return { left: all.filter(({ group, role }) => !away.has(group) || outage.includes(role)), outage };
}

/** The text of a configuration with other endpoints. */
export const withTargets = (content: string, targets: readonly Target[]): string =>
  `${JSON.stringify({ ...JSON.parse(content), targets: targets.map(({ url, role, slots }) => ({ url, role, slots })) }, null, 2)}\n`;
