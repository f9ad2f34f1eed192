import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { parcel } from "./put.ts";
import { facts } from "./runtime.ts";
import type { Scripts } from "./scripts.ts";
import type { NodeFile, ServiceSpec } from "./supervise.ts";

const ANSWER_MS = 20_000;

export interface AmendAsk {
  readonly stateDir: string;
  /** Of the run as it is from now on; its generation is the one that it was started in. */
  readonly spec: ServiceSpec;
  /** What the service reads again. */
  readonly file: NodeFile;
}

/** Gives a living service its changed file and tells it (SIGHUP); its record says what it is from now on. `gone`: it does not live. */
export async function amend(
  session: Session,
  { stateDir, spec, file }: AmendAsk,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<"told" | "gone"> {
  const { values, input } = await parcel(session, [file], scripts, signal);
  const [record] = await ask(session, scripts, {
    script: ["proc", "gate", "fence", "put", "amend"],
    changes: ["amend", spec.service],
    values: {
      ...values,
      PD_ASK: "",
      PD_STATE: stateDir,
      PD_RUN: `${spec.generation}/${spec.service}`,
      PD_SPEC: JSON.stringify(spec),
      PD_FACTS: facts(spec),
    },
    input,
    deadlineMs: ANSWER_MS,
    signal,
  });
  return record?.[0] === "told" ? "told" : "gone";
}
