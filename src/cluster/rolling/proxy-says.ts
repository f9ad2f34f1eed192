import { array, boolean, int, looseObject, safeParse, string } from "zod/mini";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { ask, Unanswered } from "../serving/http.ts";

const ANSWER_MS = 15_000; // a proxy that says nothing for so long hangs

/** For its own machine, or whoever has its key: `/admin/instances`. */
const instances = looseObject({
  instances: array(
    looseObject({
      url: string(),
      role: string(),
      state: string(),
      presence: string(),
      idle: boolean(),
      in_flight: int(),
    }),
  ),
});
/** For everybody: `/targets`. It does not tell whose KV is still to be read. */
const listed = looseObject({
  targets: array(
    looseObject({
      url: string(),
      role: string(),
      state: string(),
      presence: string(),
      slots: array(looseObject({ in_flight: int() })),
    }),
  ),
});

/** One endpoint as the proxy sees it. */
export interface Seen {
  readonly role: string;
  readonly url: string;
  readonly up: boolean;
  /** It is sent requests; else it ends what it has. */
  readonly serves: boolean;
  /** Nothing of a request is at it any more, and nobody will come for its KV. */
  readonly idle: boolean;
  readonly inFlight: number;
}

/** Where a proxy answers: its pages are asked for from the node on which it runs. */
export interface ProxyAt {
  readonly node: string;
  readonly url: string;
}

/** What the proxy says of its endpoints, as far as it lets us know. Throws `Mute` where it does not answer, or is another proxy. */
export async function seenBy(proxy: ProxyAt, fleet: Fleet, run: Run): Promise<readonly Seen[]> {
  const own = await page(proxy, "/admin/instances", fleet, run);
  const rows = own.status === 200 ? safeParse(instances, own.json) : undefined;
  if (rows?.success === true)
    return rows.data.instances.map(({ role, url, state, presence, idle, in_flight }) => {
      return { role, url, up: state === "up", serves: presence === "serves", idle, inFlight: in_flight };
    });
  const open = safeParse(listed, (await page(proxy, "/targets", fleet, run)).json);
  if (!open.success) throw new Mute("it is another proxy");
  return open.data.targets.map(({ role, url, state, presence, slots }) => {
    const inFlight = slots.reduce((sum, slot) => sum + slot.in_flight, 0);
    return { role, url, up: state === "up", serves: presence === "serves", idle: false, inFlight }; // idle for sure when it is gone
  });
}

/** It says what of its endpoints serves; another proxy, one of before, and one that is mute do not. */
export async function tellsTargets(proxy: ProxyAt, fleet: Fleet, run: Run): Promise<boolean> {
  try {
    return safeParse(listed, (await page(proxy, "/targets", fleet, run)).json).success;
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof Mute) return false;
    throw error;
  }
}

async function page(
  { node, url }: ProxyAt,
  path: string,
  fleet: Fleet,
  run: Run,
): Promise<{ status: number; json: unknown }> {
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    const signal = AbortSignal.any([run.signal, late]);
    const { status, text } = await ask(fleet.session(node), `${url}${path}`, {}, signal);
    return { status, json: JSON.parse(text) };
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof Unanswered || error instanceof SyntaxError || late.aborted)
      throw new Mute((error as Error).message, { cause: error });
    throw error;
  }
}

/** A proxy that does not answer, or not in its words. */
export class Mute extends Error {
  override readonly name = "Mute";
}
