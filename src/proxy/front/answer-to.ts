import type { AloneReason } from "../body/ask.ts";
import { ProxyError } from "../errors.ts";
import { alone } from "../families/alone.ts";
import type { Answer, Family } from "../families/family.ts";
import type { House } from "../house.ts";
import type { CallLegs } from "../legs/legs.ts";
import { Restart } from "../legs/second-chances.ts";
import type { Settled } from "../settings/usual.ts";

type Kitchen = House & { readonly config: Settled; readonly family: Family };

/**
 * The engines' answer to a request: of both legs, or of decode alone; where both legs failed, of what the config says is to be tried then.
 * @param reason why decode alone, if so
 */
export async function answerTo(kitchen: Kitchen, legs: CallLegs, reason: AloneReason | undefined): Promise<Answer> {
  kitchen.retries.countRequest();
  for (let route = reason; ; ) {
    checkDoors(kitchen, route);
    try {
      return await (route === undefined ? kitchen.family(legs) : alone(legs, route));
    } catch (error) {
      const next = error instanceof Restart ? { alone: route } : afterFailure(kitchen, legs, error);
      if (!next) throw error;
      route = next.alone;
      legs.again();
    }
  }
}

/** Both roles must be able to serve: a prefill that nobody will take up is work and memory for nothing. */
function checkDoors({ rosters }: House, route: AloneReason | undefined): void {
  for (const role of route === undefined ? (["prefill", "decode"] as const) : (["decode"] as const))
    if (!rosters[role].open) throw new ProxyError("target.none", { role });
}

/** How to go on after what no other endpoint could mend; decode has not been sent anything yet. Source: proxy-protocols.md §3.0, §2.4 L13, L14. */
function afterFailure(
  { config, books }: Kitchen,
  legs: CallLegs,
  error: unknown,
): { readonly alone: AloneReason | undefined } | undefined {
  if (!(error instanceof ProxyError)) return undefined;
  if (error.fault === "kv.missing") {
    books.missingKv.add({ target: legs.progress.prefill?.endpoint.url ?? "" });
    if (config.on_missing_kv === "decode-only") return { alone: "missing_kv" };
    return config.on_missing_kv === "retry" && legs.mayAskForKvAgain() ? { alone: undefined } : undefined;
  }
  const isPrefillsDoor = isDoor(error) && error.facts.role === "prefill";
  return isPrefillsDoor && config.on_prefill_down === "decode-only" ? { alone: "prefill_down" } : undefined;
}

const isDoor = (error: ProxyError): error is ProxyError<"target.none" | "target.unreachable"> =>
  error.fault === "target.none" || error.fault === "target.unreachable";
