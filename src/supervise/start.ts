import type { Session } from "../nodes/session.ts";
import { quote } from "../quote.ts";
import { ask } from "./ask.ts";
import { parcel, stored } from "./put.ts";
import { command, facts } from "./runtime.ts";
import { type Scripts, script } from "./scripts.ts";
import type { StartAsk, Started } from "./supervise.ts";

const START_MS = 60_000; // wrappers come up in milliseconds; a node that swaps or a slow home may need far longer
const SLOWEST_BYTES_PER_MS = 1_000; // 1 MB/s

/** Puts the files and starts the services, all in one round trip (plus one question when a big file is among them). */
export async function start(
  session: Session,
  { stateDir, files, services, replace }: StartAsk,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<readonly Started[]> {
  const wrap = stored(stateDir, script(scripts, "proc", "wrap"));
  const { values, input } = await parcel(session, [...files, wrap], scripts, signal);
  const grace = Math.max(0, ...services.map(({ spec }) => spec.graceMs)); // what is replaced ends first, all at once
  const answer = await ask(session, scripts, {
    script: ["proc", "gate", "fence", "halt", "put", "start"],
    changes: services.length === 0 ? ["push"] : ["start", ...services.map(({ spec }) => spec.service)],
    values: { ...values, PD_ASK: "", ...startValues({ stateDir, services, replace }, wrap.path) },
    input,
    deadlineMs: START_MS + grace + Math.ceil(input.length / SLOWEST_BYTES_PER_MS),
    signal,
  });
  const said = new Map(answer.map((record) => [record[1], record]));
  return services.map(({ spec: { service } }) => started(service, said.get(service)));
}

/** What `start.sh` is told of the services. */
export const startValues = ({ stateDir, services, replace }: Omit<StartAsk, "owner" | "files">, wrap: string) => ({
  PD_STATE: stateDir,
  PD_CLUSTER: services[0]?.spec.cluster ?? "",
  PD_WRAP: wrap,
  PD_REPLACE: replace ? "1" : "",
  PD_SERVICES: services.map(({ spec }) => spec.service),
  PD_RUNS: services.map(({ spec }) => `${spec.generation}/${spec.service}`),
  PD_SPECS: services.map(({ spec }) => JSON.stringify(spec)),
  PD_FACTS: services.map(({ spec }) => facts(spec)),
  PD_GRACES: services.map(({ spec }) => String(spec.graceMs)),
  PD_LAUNCHES: services.map(({ launch }) => launch),
  PD_SECRETS: services.map(({ secrets }) => sourced(secrets)),
  ...Object.fromEntries(services.map(({ spec }, index) => [`PD_ARGV_${index}`, command(spec, stateDir)])),
});

function started(service: string, record: readonly string[] | undefined): Started {
  const [outcome, , first = "", second = "", boot = ""] = record ?? [];
  if (outcome === "started" || outcome === "kept")
    return { service, outcome, identity: { pid: Number(first), start: Number(second), boot } };
  if (outcome === "differs") return { service, outcome, runningHash: first };
  return { service, outcome: "failed", why: outcome === "failed" ? first : "the node did not mention it" };
}

/** Lines for `set -a; . file`. */
export function sourced(secrets: Readonly<Record<string, string>>): string {
  return Object.entries(secrets)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .join("");
}
