import type { Session } from "../nodes/session.ts";
import { stored } from "./put.ts";
import { type Scripts, script } from "./scripts.ts";
import { start } from "./start.ts";

const ANSWER_MS = 30_000; // a thousand engines are some megabytes

/** Keeps the text of a plan on a node, so that what runs can be restarted by whoever finds it. */
export async function keepPlan(
  session: Session,
  { stateDir, owner, text }: { stateDir: string; owner: string; text: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<void> {
  const files = [{ ...stored(stateDir, text), link: `${stateDir}/plan.json` }];
  await start(session, { stateDir, owner, files, services: [], replace: false }, scripts, signal);
}

/** The text that `keepPlan` left; undefined: none. */
export async function keptPlan(
  session: Session,
  { stateDir }: { stateDir: string },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const values = { PD_STATE: stateDir };
  const ask = { script: script(scripts, "planned"), values, deadlineMs: ANSWER_MS, signal, what: "the plan" };
  const text = (await session.call(ask)).stdout.toString("utf8");
  return text === "" ? undefined : text;
}
