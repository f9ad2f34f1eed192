import { watch } from "../../supervise/index.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { userError } from "../run/node-errors.ts";
import type { Standing } from "../standing/standing.ts";
import { ending } from "../wave/cards.ts";

/**
 * Beside the logs of one node, while they are followed: tells when one of its services ends. Returns when the signal aborts, or
 * with the connection, whose loss the logs themselves tell.
 */
export async function tellEnds(
  node: string,
  services: Standing["services"],
  stateDir: string,
  fleet: Fleet,
  signal: AbortSignal,
  tell: (service: string, text: string) => void,
): Promise<void> {
  const alive = services.filter(({ state }) => state.state === "alive").map(({ spec }) => spec);
  if (alive.length === 0) return;
  const asked = alive.map(({ service, generation }) => ({ service, generation }));
  try {
    for await (const event of watch(fleet.session(node), { stateDir, services: asked }, fleet.scripts, signal))
      if (event.type === "exit") tell(event.service, `died, ${ending(event)}`);
  } catch (error) {
    if (!signal.aborted) userError(error);
  }
}
