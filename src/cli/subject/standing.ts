import { resolve } from "node:path";
import type { Known } from "../../cluster/standing/standing.ts";
import { UserError } from "../../errors.ts";
import type { Call } from "../edge/call.ts";
import { stateHome } from "../run/run.ts";
import { isFile, namedTopology, targetOf, topologyFile } from "./place.ts";

/**
 * The cluster that a verb over what runs is about: the topology's, as the launcher remembers it from `up`, else as the
 * topology says it; without a topology the only one that the launcher knows.
 */
export async function knownCluster(call: Call, argument: string | undefined): Promise<Known> {
  const { options, env, places } = call;
  const { host, cluster } = options;
  if (host !== undefined || cluster !== undefined) return asked(call, argument, host, cluster);
  const { knownClusters } = await import("../../cluster/index.ts");
  const known = await knownClusters(stateHome(env, places.home));
  const byName = known.find(({ cluster }) => cluster === argument);
  if (byName !== undefined) return hiding(call, byName, byName.cluster);
  if (argument !== undefined && !isFile(argument))
    throw new UserError("usage", { what: unknown(argument, known), next: `pdctl ${call.verb} --help` });
  const file = namedTopology(argument, options, env);
  if (file !== undefined) return fromTopology(call, argument, known);
  const [only, ...others] = known;
  if (only === undefined || others.length > 0)
    throw new UserError("cluster.unnamed", { known: known.map(({ cluster }) => cluster) });
  return hiding(call, only, undefined);
}

/** Named by `--cluster`, and found on a node by `--host`: then neither a topology nor this launcher's index has a say. */
async function asked(
  call: Call,
  argument: string | undefined,
  host: string | undefined,
  cluster: string | undefined,
): Promise<Known> {
  const { env, places, options, aim } = call;
  const next = `pdctl ${call.verb} --cluster NAME --host HOST`;
  if (argument !== undefined)
    throw new UserError("usage", { what: `--cluster and --host say what is meant: leave out ${argument}`, next });
  const { findCluster, knownClusters } = await import("../../cluster/index.ts");
  if (host === undefined) {
    const known = await knownClusters(stateHome(env, places.home));
    const byName = known.find((one) => one.cluster === cluster);
    if (byName !== undefined) return hiding(call, byName, byName.cluster);
    throw new UserError("usage", { what: `${cluster}: ${unknownName(known)}; name one of its nodes`, next });
  }
  const { silently } = await import("../run/silently.ts");
  const found = await silently(call, (run) => findCluster({ cluster, host }, run));
  aim.at({ cluster: found.cluster, host, options });
  return found;
}

/**
 * The topology that a cluster was brought up with, where the first word names the cluster, or no topology is named at all and only
 * one cluster is known; else that word as it is.
 */
export async function topologyOf(call: Call, named: string | undefined): Promise<string | undefined> {
  const { env, places, options } = call;
  if (named === undefined ? namedTopology(named, options, env) !== undefined : isFile(named)) return named;
  const { knownClusters } = await import("../../cluster/index.ts");
  const known = await knownClusters(stateHome(env, places.home));
  const [one, ...others] = named === undefined ? known : known.filter(({ cluster }) => cluster === named);
  return others.length > 0 ? named : (one?.file ?? named);
}

const SERVICE = /^(?:(?:prefill|decode)(?:-|$)|proxy$)/;

/** The first word is the topology where it is a file or a cluster that is known here; the others are roles, instances, engines. */
export async function placed({
  args,
  options,
  env,
  places,
}: Call): Promise<readonly [topology: string | undefined, what: readonly string[]]> {
  const words = args.filter((word) => word !== undefined);
  if (options.cluster !== undefined || options.host !== undefined) return [undefined, words];
  const [first, ...others] = words;
  if (first === undefined || SERVICE.test(first)) return [undefined, words];
  if (isFile(first)) return [first, others];
  const { knownClusters } = await import("../../cluster/index.ts");
  const known = await knownClusters(stateHome(env, places.home));
  const named = known.length === 0 || known.some(({ cluster }) => cluster === first);
  return named ? [first, others] : [undefined, words];
}

function unknown(argument: string, known: readonly Known[]): string {
  return `${argument} is no topology file, and ${unknownName(known)}`;
}

function unknownName(known: readonly Known[]): string {
  const names = known.map(({ cluster }) => cluster);
  const others = names.length === 0 ? "" : `; known: ${names.join(", ")}`;
  return `no cluster of this name is known here${others}`;
}

/** The remembered one knows the nodes that an `up` has really touched; the file may have changed since. */
async function fromTopology(call: Call, argument: string | undefined, known: readonly Known[]): Promise<Known> {
  const { options, env, streams, aim } = call;
  const file = topologyFile(argument, options, env);
  const [{ draft }, { secretsOf }, { knownOf }] = await Promise.all([
    import("./draft.ts"),
    import("./sound.ts"),
    import("../../cluster/index.ts"),
  ]);
  const { topology, plan, diagnostics } = await draft({ argument: file, options, env });
  if (topology !== undefined) streams.hide(Object.values(secretsOf(topology, env).present));
  const remembered = known.find((one) =>
    topology === undefined ? one.file !== null && resolve(one.file) === resolve(file) : one.cluster === topology.name,
  );
  const target = targetOf(call, argument, remembered?.cluster ?? topology?.name ?? "");
  aim.at(remembered === undefined ? { ...target, cluster: target.file } : target); // a name says nothing before the first up
  if (remembered !== undefined) return remembered;
  if (plan !== undefined) return knownOf(plan, file);
  const first = diagnostics.find(({ level }) => level === "error");
  throw new UserError("topology.invalid", {
    file,
    first: first === undefined ? "it is no topology" : `${first.file}:${first.line}: ${first.title}`,
  });
}

/** The remembered topology, where it still is, says which values are secrets, and what `up` is to be given. */
async function hiding({ options, env, streams, aim }: Call, known: Known, name: string | undefined): Promise<Known> {
  aim.at({ cluster: name, options });
  if (known.file === null) return known;
  const [{ draft }, { secretsOf }] = await Promise.all([import("./draft.ts"), import("./sound.ts")]);
  try {
    const { topology } = await draft({ argument: known.file, options, env });
    if (topology !== undefined) streams.hide(Object.values(secretsOf(topology, env).present));
    if (topology?.name === known.cluster) aim.at({ file: known.file, cluster: name, options });
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // the file is gone: what runs is found without it
  }
  return known;
}
