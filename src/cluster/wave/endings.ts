import type { Plan, Service } from "../../plan/plan.ts";
import { folded, naming } from "../../words/names.ts";
import { duration, several } from "../../words/numbers.ts";
import { type Closing, Ended } from "../run/verb.ts";
import type { Standing } from "../standing/standing.ts";
import { keptText } from "./cards.ts";
import type { Scene } from "./scene.ts";

/** A service died or was not started: what is kept is in its card, and how to go on here. */
export function notUp(scene: Scene, groups: readonly string[]): Ended {
  const again = `starts ${folded(groups.map((group) => shown(scene, group)))} again, keeps the rest`;
  return new Ended({
    exit: 1,
    state: "degraded, not serving",
    verdict: `is not up · ${readyText(scene)}`,
    next: ["pdctl up", "pdctl down"],
    nextWhy: { "pdctl up": again, "pdctl down": "takes everything down" },
  });
}

/** The same end, after everything was stopped because of it. */
export function stoppedAll({ closing }: Ended, rehearsal: boolean): Ended {
  const { kept: _kept, nextWhy: _why, ...rest } = closing;
  const again = rehearsal ? "pdctl up --rehearse" : "pdctl up";
  const nextWhy = { [again]: "starts it again", "pdctl down": "removes logs and files, too" };
  return new Ended({ ...rest, state: "absent", next: [again, "pdctl down"], nextWhy });
}

/** The time is over and everything lives. */
export function notReady(scene: Scene, late: readonly Service[]): Ended {
  const log = `pdctl logs ${shown(scene, late[0]?.id ?? "")} -f`;
  const verdict = `is not up · ${readyText(scene)}`;
  return new Ended({
    exit: 6,
    state: "starting",
    verdict,
    next: ["pdctl up", log],
    nextWhy: { "pdctl up": "waits on" },
  });
}

/** The time is over and nodes do not answer: lost is not dead. */
export function lost(scene: Scene, services: readonly Service[]): Ended {
  const nodes = folded([...new Set(services.map(({ node }) => node))]);
  return new Ended({
    exit: 5,
    state: "unknown",
    verdict: `is not proven · ${nodes} lost, ${folded(services.map(({ id }) => id))} unknown`,
    ...kept(scene),
    next: ["pdctl up"],
    nextWhy: { "pdctl up": `when ${nodes} answers` },
  });
}

export function notProven(scene: Scene): Ended {
  const next = ["pdctl smoke", "pdctl logs decode --errors", "pdctl down"];
  return new Ended({ exit: 1, state: "degraded, not serving", verdict: "is not proven", ...kept(scene), next });
}

/** Everything runs, and, unless it was left out, is proven. */
export function isUp(plan: Plan, standing: Standing, changes: number, proof: string | undefined): Closing {
  const served = { serve: `${plan.smoke.url}/v1`, model: plan.model.servedName, ...(proof !== undefined && { proof }) };
  if (changes === 0)
    return {
      exit: 0,
      state: "healthy",
      verdict: already(plan, standing),
      untimed: true,
      ...served,
      next: ["pdctl status"],
    };
  const verdict = proof === undefined ? "is up, not proven (--no-smoke)" : "is up";
  const then = proof !== undefined && plan.bench !== null && !plan.rehearsal ? "pdctl bench" : "pdctl smoke";
  return { exit: 0, state: "healthy", verdict, ...served, next: ["pdctl status", then, "pdctl down"] };
}

function already(plan: Plan, standing: Standing): string {
  const ages = standing.services.flatMap(({ state, nodeNowMs }) =>
    state.state === "alive" ? [nodeNowMs - state.sinceMs] : [],
  );
  const n = plan.services.length;
  return `is already up · nothing changed, ${n} of ${several(n, "service")} as planned, since ${duration(Math.min(...ages) / 1000)}`;
}

/** For the last words after an interrupt or an error from outside. */
export function leftRunning(scene: Scene | undefined): Pick<Closing, "kept" | "next" | "nextWhy" | "state"> {
  const text = scene === undefined ? undefined : keptText(scene);
  if (scene === undefined || text === undefined)
    return { state: scene === undefined ? "unknown" : "absent", next: ["pdctl up"] };
  const nextWhy = { "pdctl up": "waits on for them", "pdctl down": "takes them down" };
  return { state: "starting", kept: text, next: ["pdctl up", "pdctl down"], nextWhy };
}

function kept(scene: Scene): { kept?: string } {
  const text = keptText(scene);
  return text === undefined ? {} : { kept: text };
}

function readyText({ plan, states }: Scene): string {
  const engines = plan.services.filter(({ kind }) => kind === "engine");
  return `${engines.filter(({ id }) => states.get(id) === "ready").length} of ${engines.length} engines ready`;
}

const shown = ({ plan }: Scene, id: string) => naming(plan.services.map((one) => one.id))(id);
