import type { Cause } from "../../diagnose/cause.ts";
import type { Death, Diagnosed } from "../../diagnose/index.ts";
import type { Plan, Service } from "../../plan/plan.ts";
import { folded, naming, runs } from "../../words/names.ts";
import { duration } from "../../words/numbers.ts";
import type { FindingData, ServiceWord } from "../events.ts";

/** What a card needs to know beside its own matter: the plan, and how far every service is. */
export interface View {
  readonly plan: Plan;
  readonly states: ReadonlyMap<string, ServiceWord>;
}

/** The first cause, what followed from it, what still runs. */
export function deathCard(
  scene: View,
  { first, cause, why, followers }: Diagnosed,
  livedMs: number | null,
): FindingData {
  const { plan } = scene;
  const show = naming(plan.services.map(({ id }) => id));
  const service = serviceOf(plan, first.service);
  const after = livedMs === null ? "" : ` ${duration(livedMs / 1000)} after its start`;
  const others = plan.services.filter(
    ({ id, group }) => group === first.group && id !== first.service && !followers.some((one) => one.service === id),
  );
  return {
    title: `${show(first.service)} died${after}, ${ending(first)}`,
    ...(service !== undefined && { where: where(plan, service) }),
    why: why.length > 0 ? why : lastWords(first),
    cause: cause?.says ?? "not known to pdctl",
    ...(cause !== undefined && { do: cause.remedy }),
    ...then(
      followers.map((one) => `${show(one.service)} died${later(first, one)}, ${ending(one)}${ownCause(one.cause)}`),
      others.length === 0
        ? []
        : [`${folded(others.map(({ id }) => show(id)))} stopped with ${others.length === 1 ? "its" : "their"} group`],
    ),
    ...kept(scene, first.group),
    log: `pdctl logs ${show(first.service)} --tail 50`,
    exit: first.exit,
    signal: first.signal,
    tail: first.log.slice(-50),
    subjects: [first.service],
  };
}

export const serviceOf = (plan: Plan, id: string) => plan.services.find((service) => service.id === id);

/** `a2-2 (192.168.10.2), rank 2 of prefill-0, devices 0-3` */
export function where(plan: Plan, { node, ranks, group, devices, kind, listens }: Service): string {
  const ip = plan.nodes.find(({ name }) => name === node)?.ip;
  const http = listens.find(({ purpose }) => purpose === "http");
  return [
    ip === undefined || ip === node ? node : `${node} (${ip})`,
    ...(kind === "engine" && ranks.length > 0
      ? [`${ranks.length === 1 ? "rank" : "ranks"} ${runs(ranks)} of ${group}`]
      : []),
    ...(devices.length > 0 ? [`${devices.length === 1 ? "device" : "devices"} ${runs(devices)}`] : []),
    ...(kind !== "engine" && http !== undefined ? [`port ${http.port}`] : []),
  ].join(", ");
}

export function ending({ exit, signal }: Pick<Death, "exit" | "signal">): string {
  if (signal !== null) return `killed by signal ${signal}`;
  return exit === null ? "exit unknown" : `exit code ${exit}`;
}

/** Where no line looks like an error, what it wrote last is as near as one can get. */
function lastWords({ log }: Death): readonly string[] {
  const lines = log.filter((line) => line.trim() !== "").slice(-10);
  return lines.length > 0 ? lines : ["it wrote nothing"];
}

/** What followed has no cause of its own; what died beside it has. */
const ownCause = (cause: Cause | undefined) =>
  cause === undefined || cause.follows === true ? "" : `: ${cause.says} [${cause.id}]`;

const later = (first: Death, one: Death) =>
  first.atMs === null || one.atMs === null ? "" : ` ${duration(Math.max(0, one.atMs - first.atMs) / 1000)} later`;

function then(...parts: readonly (readonly string[])[]): { then?: string } {
  const text = parts.flat().join("; ");
  return text === "" ? {} : { then: text };
}

function kept(scene: View, without: string): { kept?: string } {
  const text = keptText(scene, without);
  return text === undefined ? {} : { kept: text };
}

/** `mooncake-master, decode-0-[0-1] ready; prefill-0-[0-3] loading` */
export function keptText({ plan, states }: View, without?: string): string | undefined {
  const show = naming(plan.services.map(({ id }) => id));
  const groups = (["ready", "loading", "starting", "unknown"] as const).flatMap((word) => {
    const ids = plan.services
      .filter(({ id, group }) => group !== without && states.get(id) === word)
      .map(({ id }) => show(id));
    return ids.length === 0 ? [] : [`${folded(ids)} ${word}`];
  });
  return groups.length === 0 ? undefined : groups.join("; ");
}
