import type { Delta } from "../changes/changes.ts";
import { isLive } from "../changes/difference.ts";
import { ownedNow, type Rolling } from "../rolling/roll.ts";
import { schedule } from "../rolling/schedule.ts";
import { unitsOf } from "../rolling/units.ts";
import { specOf } from "../wave/spec.ts";
import type { Survey } from "./survey.ts";

/** How engines change while the proxy serves on; undefined: there is no proxy that could be told, or nothing to tell it. */
export function rollingOf(
  { plan, delta, standing, gateway }: Pick<Survey, "plan" | "delta" | "standing" | "gateway">,
  drainMs: number,
): Rolling | undefined {
  const proxy = plan.services.find(({ kind }) => kind === "proxy");
  if (gateway === undefined || proxy === undefined || proxy.node !== gateway.node || !stays(delta, proxy.id))
    return undefined;
  if (delta.stop.some(({ spec }) => spec.kind === "proxy")) return undefined; // a second one: what it serves is not what this one does
  const alive = standing.services.filter(({ state }) => state.state === "alive");
  const units = unitsOf(delta, alive);
  const anew = delta.retarget.some(({ service }) => service.id === proxy.id);
  if (units.length === 0 && !anew) return undefined;
  const content = anew ? (proxy.files.find(isLive)?.content ?? gateway.content) : gateway.content;
  const record = anew ? specOf(proxy, plan, 0) : undefined;
  return { gateway, steps: schedule(units), before: ownedNow(gateway), content, record, drainMs };
}

const stays = ({ keep, retarget }: Delta, id: string) =>
  keep.some((one) => one.id === id) || retarget.some(({ service }) => service.id === id);
