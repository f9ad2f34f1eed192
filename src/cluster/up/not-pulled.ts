import type { Cause } from "../../diagnose/cause.ts";
import { causes, pullCause } from "../../diagnose/index.ts";
import { grouped } from "../../once.ts";
import type { PlanImage } from "../../plan/plan.ts";
import { folded } from "../../words/names.ts";
import { limit } from "../../words/numbers.ts";
import type { FindingData } from "../events.ts";
import type { Run } from "../run/run.ts";
import { Ended, finding } from "../run/verb.ts";
import type { Standing } from "../standing/standing.ts";

export const PULL_LIMIT_S = 2 * 60 * 60; // of one image: tens of gigabytes over a thin line
const LATE = 124; // of timeout

/** An image that a node does not have after all. */
export interface NotPulled {
  readonly image: PlanImage;
  /** The tool's exit code; `never`: it is not there, and nobody is to pull it. */
  readonly why: number | "never";
  /** Its last lines. */
  readonly said: readonly string[];
}

/** One card per image and reason, its nodes folded; then the verb ends. */
export function notPulled(failed: readonly NotPulled[], standing: Standing, run: Run): Ended {
  const kinds = grouped(failed, (one) => [one.image.tool, one.image.image, one.why, causeOf(one)?.id].join(" "));
  for (const kind of kinds.values())
    for (const first of kind.slice(0, 1))
      run.emit(finding(card(first, kind), causeOf(first)?.id ?? "container-image", { phase: "pull" }));
  const nodes = [...new Set(failed.map(({ image }) => image.node))];
  return new Ended({
    exit: 1,
    state: standing.services.some(({ state }) => state.state === "alive") ? "unknown" : "absent",
    verdict: `is not up · ${folded(nodes)} ${nodes.length === 1 ? "lacks" : "lack"} an image, nothing was started`,
    next: ["pdctl up"],
  });
}

function card(first: NotPulled, all: readonly NotPulled[]): FindingData {
  const { image, why, said } = first;
  const cause = causeOf(first);
  const nodes = all.map((one) => one.image.node);
  return {
    title: `${image.tool} pull ${image.image} ${ending(why)}`,
    where: folded(nodes),
    ...(said.length > 0 && { why: said }),
    ...(cause !== undefined && { cause: cause.says, do: cause.remedy }),
    ...(typeof why === "number" && { exit: why }),
    subjects: nodes,
  };
}

function ending(why: NotPulled["why"]): string {
  if (why === "never") return "is not to be, and the image is not there";
  return why === LATE ? `was not done within ${limit(PULL_LIMIT_S)}` : `ended with exit code ${why}`;
}

/** What the tool's last words mean: the last line that is known to mean something decides. */
const causeOf = ({ said }: NotPulled): Cause | undefined =>
  pullCause(said) ?? causes.find(({ id }) => id === "container-image");
