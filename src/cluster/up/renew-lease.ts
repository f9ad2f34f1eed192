import { renew } from "../../supervise/index.ts";
import { limit } from "../../words/numbers.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { stateDirOf } from "../standing/look.ts";
import type { UpOptions } from "./ask.ts";
import type { Survey } from "./survey.ts";

/** Every `up` renews how long the nodes leave the cluster up without a launcher. Returns that time in ms; undefined: for ever. */
export async function renewLease(
  { ttlMs: asked }: Pick<UpOptions, "ttlMs">,
  { plan, known, standing }: Survey,
  fleet: Fleet,
  run: Run,
): Promise<number | undefined> {
  const ttlMs = asked === undefined ? (plan.ttlMs ?? standing.lease?.ttlMs) : (asked ?? undefined);
  if (ttlMs === undefined && standing.lease === undefined) return undefined;
  const graceMs = Math.max(0, ...plan.services.map(({ stop }) => stop.graceMs));
  await fleet.all(
    (session, node) => {
      const ask = { stateDir: stateDirOf(known, node), cluster: plan.cluster, ttlMs: ttlMs ?? null, graceMs };
      return renew(session, ask, fleet.scripts, run.signal);
    },
    plan.nodes.map(({ name }) => name),
  );
  return ttlMs;
}

export const leaseText = (ttlMs: number | undefined): { then?: string } =>
  ttlMs === undefined
    ? {}
    : { then: `its nodes take it down ${limit(ttlMs / 1000)} after the last launcher has left; every up renews that` };
