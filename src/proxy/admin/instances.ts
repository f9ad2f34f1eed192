import type { Target } from "../config.ts";
import { ProxyError } from "../errors.ts";
import { servedBy } from "../health/models.ts";
import { look, type ProbeMeans } from "../health/probes.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import { differences } from "../settings/target.ts";
import type { Members, Which } from "./members.ts";

export interface Newcomers {
  readonly members: Members;
  readonly open: (target: Target) => Endpoint;
  readonly probe: ProbeMeans;
  /** The model that all must serve; none: what the others serve. */
  readonly model: string | undefined;
}

/**
 * Lets endpoints in, all or none. Each is asked for its health and its model first; one that was about to leave stays.
 * @throws ProxyError instance.known, instance.unfit
 */
export async function admit(means: Newcomers, targets: readonly Target[]): Promise<readonly Endpoint[]> {
  const { members } = means;
  for (const target of targets) {
    const known = members.find(target);
    const returns = known?.presence === "leaves" && differences(known.target, target).length === 0;
    if (known && !returns) throw new ProxyError("instance.known", { role: known.role, url: known.url });
  }
  const looks = await Promise.all(targets.map((target) => meet(means, target)));
  const changed = looks.find(({ target, endpoint, isNew }) => members.find(target) !== (isNew ? undefined : endpoint));
  const refusal =
    looks.find(({ unfit }) => unfit !== undefined)?.unfit ??
    (changed && new ProxyError("instance.known", changed.target)); // came or went while this one looked
  if (refusal) {
    for (const { endpoint, isNew } of looks) if (isNew) void endpoint.close();
    throw refusal;
  }
  for (const { target, endpoint, isNew, askedAt } of looks)
    if (isNew) members.add(target, endpoint).saw("well", askedAt);
    else members.stay(endpoint);
  members.judge();
  return looks.map(({ endpoint }) => endpoint);
}

interface Look {
  readonly target: Target;
  readonly endpoint: Endpoint;
  readonly isNew: boolean;
  readonly askedAt: number;
  readonly unfit: ProxyError | undefined;
}

async function meet({ members, open, probe, model }: Newcomers, target: Target): Promise<Look> {
  const known = members.find(target);
  const [endpoint, askedAt] = [known ?? open(target), probe.now()];
  const { answerMs } = probe.times;
  const sight = await look(endpoint, { ...probe, onModel: () => undefined }, AbortSignal.timeout(answerMs));
  const others = model ?? servedBy(members.all.filter((one) => one !== known));
  const why =
    sight === "refused"
      ? "it refuses the connection"
      : sight === "silent"
        ? `it does not answer within ${answerMs / 1000} s`
        : sight === "sick"
          ? (endpoint.bootstrap?.trouble ?? "its /health says that it cannot serve")
          : endpoint.model !== undefined && others !== undefined && endpoint.model !== others
            ? `it serves the model ${JSON.stringify(endpoint.model)}, the others ${JSON.stringify(others)}`
            : undefined;
  const { role, url } = target;
  const unfit = why === undefined ? undefined : new ProxyError("instance.unfit", { role, url, why });
  return { target, endpoint, isNew: known === undefined, askedAt, unfit };
}

/** @throws ProxyError instance.unknown */
export function found(members: Members, which: Which): Endpoint {
  const endpoint = members.find(which);
  if (!endpoint) throw new ProxyError("instance.unknown", { role: which.role, url: which.url });
  return endpoint;
}

/** One endpoint as the admin API shows it. */
export function rowOf(endpoint: Endpoint, now: number) {
  const { role, url, slots, state, presence, model, misfit, inFlight, isIdle, holdsUntil, circuit } = endpoint;
  const held = Math.max(0, (holdsUntil - now) / 1000);
  return {
    role,
    url,
    slots: slots.length,
    state,
    presence,
    ...(model !== undefined && { model }),
    ...(misfit && { other_model_than: misfit.others }),
    circuit: circuit.state(now),
    in_flight: inFlight,
    idle: isIdle,
    ...(held > 0 && { holds_kv_seconds: Math.round(held * 10) / 10 }),
  };
}
