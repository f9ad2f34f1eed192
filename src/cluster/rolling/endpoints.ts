import { array, int, literal, looseObject, safeParse, string, unknown } from "zod/mini";
import type { Plan } from "../../plan/plan.ts";
import type { Target } from "../../proxy/config.ts";
import { isLive } from "../changes/difference.ts";
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

/** The text of a configuration with other endpoints. Each keeps all that its family is told of it. */
export const withTargets = (content: string, targets: readonly Owned[]): string =>
  `${JSON.stringify({ ...JSON.parse(content), targets: targets.map(({ group: _, ...target }) => target) }, null, 2)}\n`;

const config = looseObject({ targets: array(unknown()) });
/** Where its connector is reached (`bootstrap_url`, `nixl`, `moriio`) is for the proxy to read, and goes along as it is. */
const target = looseObject({ url: string(), role: literal(["prefill", "decode"]), slots: int() });
const isTarget = (one: unknown): one is Target => safeParse(target, one).success;

/** The endpoints of a proxy's configuration; none where it is of another proxy. */
export function targetsIn(content: string): readonly Target[] {
  const targets = safeParse(config, JSON.parse(content)).data?.targets ?? [];
  return targets.every(isTarget) ? targets : [];
}

/** What the plan's proxy is to choose from, with what its family is told of each: the plan's own list has only their urls. */
export function targetsOf({ services, targets }: Pick<Plan, "services" | "targets">): readonly Target[] {
  const content = services.find(({ kind }) => kind === "proxy")?.files.find(isLive)?.content;
  return content === undefined ? targets : targetsIn(content);
}
