import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import type { Facts } from "../../facts/facts.ts";
import type { Plan, Planned } from "../../plan/plan.ts";
import { fileTrouble } from "../edge/file-trouble.ts";

/** The plan that a file holds. */
export async function readPlanFile(file: string): Promise<Plan> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new UserError("file.unreadable", { file, why: fileTrouble(error) }, { cause: error });
  });
  const { readPlan } = await import("../../plan/written/read-plan.ts");
  const read = readPlan(text);
  if ("error" in read) throw new UserError("plan.invalid", { file, why: read.error });
  return read;
}

/** Whole or not at all; readable by its owner alone, as a topology's env may hold what is nobody else's business. */
export async function writePlanFile(file: string, plan: Plan): Promise<void> {
  const fresh = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(fresh, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    const why = fileTrouble(error, "there is no such directory");
    throw new UserError(
      "usage",
      { what: `${file} was not written: ${why}`, next: "pdctl plan -o FILE" },
      { cause: error },
    );
  }
}

/** What `up` runs in place of a fresh plan: the reviewed one with its blanks filled, or nothing when a fact that it used has changed. */
export async function reviewed(file: string, plan: Plan): Promise<(facts: readonly Facts[]) => Planned> {
  const [{ fill }, { drifts }] = await Promise.all([
    import("../../plan/written/fill.ts"),
    import("../../plan/written/drift.ts"),
  ]);
  return (facts) => {
    const changed = facts.length === 0 ? [] : drifts(plan, facts);
    if (changed.length > 0) throw new UserError("plan.drifted", { file, drifts: changed });
    return { plan: fill(plan, facts), findings: [], origins: {} };
  };
}
