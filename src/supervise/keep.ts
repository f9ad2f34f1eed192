import { assigned } from "../nodes/index.ts";
import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { parcel, stored } from "./put.ts";
import { type Scripts, script } from "./scripts.ts";
import { startValues } from "./start.ts";
import type { StartAsk } from "./supervise.ts";

const ANSWER_MS = 20_000;

/** One group's services on this node, and where its others can be seen. */
export interface Kept {
  readonly group: string;
  readonly services: StartAsk["services"];
  /** Addresses on which those on other nodes listen as long as they live. */
  readonly members: readonly { readonly host: string; readonly port: number }[];
}

export interface KeepAsk {
  readonly stateDir: string;
  readonly cluster: string;
  /** Empty: from now on nothing is started again. */
  readonly groups: readonly Kept[];
  /** Starts again within the window before it gives up. */
  readonly max: number;
  readonly windowMs: number;
}

/**
 * From now on a keeper on the node starts these groups again, whole, when a service of them ends that nobody told to, and gives up after
 * too many tries. It needs no launcher; while one holds the lock it leaves the work to that one.
 */
export async function keep(
  session: Session,
  { stateDir, cluster, groups, max, windowMs }: KeepAsk,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<void> {
  const wrap = stored(stateDir, script(scripts, "proc", "wrap"));
  const keeper = stored(stateDir, script(scripts, "proc", "gate", "lease", "probe", "halt", "keeper"));
  const start = stored(stateDir, script(scripts, "proc", "halt", "start"));
  const { values, input } = await parcel(session, [wrap, keeper, start], scripts, signal);
  const texts = groups.map(({ services }) => assigned(startValues({ stateDir, services, replace: false }, wrap.path)));
  await ask(session, scripts, {
    script: ["proc", "gate", "fence", "lease", "put", "keep"],
    changes: ["keep", ...groups.map(({ group }) => group)],
    values: {
      ...values,
      PD_ASK: "",
      PD_STATE: stateDir,
      PD_NAME: cluster,
      PD_KEEPER: keeper.path,
      PD_START: start.path,
      PD_MAX: String(max),
      PD_WINDOW_MS: String(windowMs),
      PD_GROUPS: groups.map(({ group }) => group),
      PD_LOCAL: groups.map(({ services }) => services.map(({ spec }) => spec.service).join(" ")),
      PD_MEMBERS: groups.map(({ members }) => members.map(({ host, port }) => `${host} ${port}`).join("\n")),
      PD_GRACE: groups.map(({ services }) => String(Math.max(0, ...services.map(({ spec }) => spec.graceMs)))),
      PD_TEXTS: texts,
    },
    input,
    deadlineMs: ANSWER_MS,
    signal,
  });
}
