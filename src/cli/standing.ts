import { resolve } from "node:path";
import type { Known } from "../cluster/standing.ts";
import { UserError } from "../errors.ts";
import type { Call } from "./call.ts";
import { namedTopology } from "./place.ts";
import { stateHome } from "./run.ts";

/**
 * The cluster that a verb over what runs is about: the topology's, as the launcher remembers it from `up`, else as the
 * topology says it; without a topology the only one that the launcher knows.
 */
export async function knownCluster(call: Call, argument: string | undefined): Promise<Known> {
  const { options, env, places } = call;
  const { knownClusters } = await import("../cluster/index.ts");
  const known = await knownClusters(stateHome(env, places.home));
  const byName = known.find(({ cluster }) => cluster === argument);
  if (byName !== undefined) return hiding(call, byName);
  const file = namedTopology(argument, options, env);
  if (file !== undefined) return fromTopology(call, file, known);
  const [only, ...others] = known;
  if (only === undefined || others.length > 0)
    throw new UserError("cluster.unnamed", { known: known.map(({ cluster }) => cluster) });
  return hiding(call, only);
}

/** The remembered one knows the nodes that an `up` has really touched; the file may have changed since. */
async function fromTopology({ options, env, streams }: Call, file: string, known: readonly Known[]): Promise<Known> {
  const [{ draft }, { secretsOf }, { knownOf }] = await Promise.all([
    import("./draft.ts"),
    import("./sound.ts"),
    import("../cluster/index.ts"),
  ]);
  const { topology, plan, diagnostics } = await draft({ argument: file, options, env });
  if (topology !== undefined) streams.hide(Object.values(secretsOf(topology, env).present));
  const remembered = known.find((one) =>
    topology === undefined ? one.file !== null && resolve(one.file) === resolve(file) : one.cluster === topology.name,
  );
  if (remembered !== undefined) return remembered;
  if (plan !== undefined) return knownOf(plan, file);
  const first = diagnostics.find(({ level }) => level === "error");
  throw new UserError("topology.invalid", {
    file,
    first: first === undefined ? "it is no topology" : `${first.file}:${first.line}: ${first.title}`,
  });
}

/** The remembered topology, where it still is, says which values are secrets. */
async function hiding({ options, env, streams }: Call, known: Known): Promise<Known> {
  if (known.file === null) return known;
  const [{ draft }, { secretsOf }] = await Promise.all([import("./draft.ts"), import("./sound.ts")]);
  try {
    const { topology } = await draft({ argument: known.file, options, env });
    if (topology !== undefined) streams.hide(Object.values(secretsOf(topology, env).present));
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // the file is gone: what runs is found without it
  }
  return known;
}
