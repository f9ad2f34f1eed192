import { readFileSync } from "node:fs";
import type { Plan } from "../../../plan/plan.ts";
import { Aim } from "../../edge/aim.ts";
import type { Call } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import type { Sound } from "../../subject/sound.ts";
import type { PlanOptions } from "./index.ts";

/** What separates the plan from another one: a file that `-o` wrote, or a topology as it stands, without this command's `--set`. */
export async function planDiffs(call: Call<PlanOptions>, sound: Sound, other: string): Promise<number> {
  const { options, streams, aim } = call;
  const show = async (before: Plan): Promise<number> => {
    const [{ diffPlans }, { planDiff }] = await Promise.all([
      import("../../../plan/answers/diff.ts"),
      import("../../../report/plan/diff.ts"),
    ]);
    const after = sound.plan;
    const diff = diffPlans(before, after);
    const document = { schema: "pdctl.plan-diff/1", before: before.hash, after: after.hash, ...diff };
    if (options.json === true) streams.out.raw(`${JSON.stringify(document, null, 2)}\n`);
    else {
      const more = aim.command(`pdctl plan --diff ${other} --full`);
      streams.out.lines(planDiff(diff, { before, after, other, full: options.full === true, more }));
    }
    return EXIT.done;
  };
  if (isPlan(other)) return show(await (await import("../../subject/plan-file.ts")).readPlanFile(other));
  const { onSound } = await import("../../subject/sound.ts");
  const { hosts: _, ...rest } = options;
  const bare = { ...call, aim: new Aim(), options: { ...rest, set: [] } };
  return onSound(bare, { argument: other, rehearse: options.rehearse === true }, ({ plan }) => show(plan));
}

/** A topology is YAML, which JSON is too: a plan says what it is. */
function isPlan(file: string): boolean {
  try {
    return /^\s*\{[^{]*"schema"\s*:\s*"pdctl\./.test(readFileSync(file, "utf8").slice(0, 4096));
  } catch {
    return false; // that it cannot be read is said where a topology is read
  }
}
