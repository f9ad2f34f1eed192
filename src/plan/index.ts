import { connectors } from "../connectors/index.ts";
import type { Facts } from "../facts/facts.ts";
import { runRules } from "../topology/rules/run-rules.ts";
import type { Topology } from "../topology/topology.ts";
import { grant } from "./claims/claims.ts";
import { compose } from "./compose.ts";
import type { Planned } from "./plan.ts";
import { rehearsal } from "./rehearsal.ts";
import { argumentRules } from "./rules/arguments.ts";
import { planRules } from "./rules/index.ts";
import { seats } from "./seats/seats.ts";
import { versionsOf } from "./seats/versions.ts";

/**
 * Turns a topology into the plan: every process, argument, variable, file, port and device of the cluster.
 * @param topology  resolved: extended, ranges expanded, layers merged
 * @param facts     one entry per node, or none: then the plan is provisional and `unknowns` lists what it waits for
 * @param options   `rehearse`: stand-in engines on the same nodes and ports
 * @returns         the plan, its findings sorted by place, and `origins` (value → where it comes from; outside the hash).
 *                  Ports 1024–65535, spans inclusive; durations in ms; device ids in the hardware's own id space
 * @throws Bug      never for input: whatever a user can write comes back as a finding, and the plan is then only a draft
 * Source: launch.md §1.3 (ranks), §2 (ports), §11 (worked expansions). Same topology and facts, same bytes.
 */
export function plan(
  topology: Topology,
  facts: readonly Facts[] = [],
  { rehearse = false }: { rehearse?: boolean } = {},
): Planned {
  const rehearsed = rehearse ? rehearsal(topology) : undefined;
  const subject = rehearsed?.topology ?? topology;
  const made = compose({
    topology: subject,
    facts,
    granted: grant(subject),
    rehearsal: rehearse,
    scratch: rehearsed?.scratch ?? { prefill: [], decode: [] },
  });
  const rules = [...planRules, ...used(topology).flatMap((name) => connectors.get(name)?.planRules ?? [])];
  const at = seats(subject, facts);
  return {
    ...made,
    findings: [
      ...runRules(rules, { topology: subject, plan: made.plan }),
      ...runRules(argumentRules, { topology, versions: (each, node) => versionsOf(each, at.get(node)) }),
      ...made.findings,
      ...(rehearsed?.notes ?? []),
    ],
  };
}

const used = ({ kv }: Topology): readonly string[] => [
  ...new Set([kv.transfer.connector, ...(kv.cache ? [kv.cache.connector] : [])]),
];

export type { Explained, Origin, Origins, Plan, Planned } from "./plan.ts";
