import type { Plan, Service } from "../../plan/plan.ts";
import { folded, naming } from "../../words/names.ts";
import { limit, several } from "../../words/numbers.ts";
import type { FindingData, ServiceWord } from "../events.ts";
import { keptText, type View, where } from "./cards.ts";

/** Who was not ready when the time was over, how far it was, and what the others did. `absent`: who a group waits for in silence. */
export function lateCard(
  scene: View & { readonly progress: ReadonlyMap<string, string> },
  late: readonly Service[],
  limitMs: number,
  absent: ReadonlyMap<string, string>,
): FindingData {
  const { plan, progress } = scene;
  const show = naming(plan.services.map(({ id }) => id));
  const [first] = late;
  const alone = late.length === 1 && first !== undefined;
  const missed = late.find(({ id }) => absent.has(id));
  const about = missed ?? first;
  const far = late.map(({ id }) => progress.get(id)).find((text) => text !== undefined);
  return {
    title: `${folded(late.map(({ id }) => show(id)))} ${alone ? "was" : "were"} not ready within ${limit(limitMs / 1000)}`,
    where: alone
      ? `${where(plan, first)}, alive, no HTTP yet`
      : `on ${folded([...new Set(late.map(({ node }) => node))])}, alive, no HTTP yet`,
    ...(missed === undefined
      ? far !== undefined && { why: far }
      : { why: [...absent].map(([id, text]) => `${show(id)} ${text}`) }),
    cause:
      missing(plan, late, scene.states) ??
      (missed === undefined
        ? "still starting, or waiting for something that pdctl cannot see"
        : `${missed.group} waits for ${several(absent.size, "engine")} in silence: ${folded([...absent.keys()].map(show))}`),
    do: [
      `look at its log: pdctl logs ${about === undefined ? "" : show(about.id)} --tail 50`,
      ...(missed === undefined
        ? []
        : [`see that ${missed.node} reaches that port, which is open only while the group starts`]),
      `or give it longer: timeouts.ready: ${limit((limitMs * 2) / 1000)}`,
    ],
    kept: `everything runs on${keptText(scene) === undefined ? "" : `; ${keptText(scene)}`}`,
    subjects: late.map(({ id }) => id),
  };
}

/** A rank that was never started keeps its whole group waiting in silence: name it. */
function missing(plan: Plan, late: readonly Service[], states: ReadonlyMap<string, ServiceWord>): string | undefined {
  for (const { group, id } of late) {
    const away = plan.services.filter(
      (other) =>
        other.group === group &&
        other.id !== id &&
        !["starting", "loading", "ready"].includes(states.get(other.id) ?? ""),
    );
    if (away.length > 0)
      return `waits for ${folded(away.map((other) => other.id))}, which ${away.length === 1 ? "does" : "do"} not run`;
  }
  return undefined;
}
