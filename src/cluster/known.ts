import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Plan } from "../plan/plan.ts";
import type { Known } from "./standing.ts";

/** The launcher's index: where the nodes of each cluster are, one file per cluster. Nothing else is kept on the launcher. */
const directory = (stateHome: string) => path.join(stateHome, "clusters");
const fileOf = (stateHome: string, cluster: string) => path.join(directory(stateHome), `${cluster}.json`);

/** What `up` remembers before it touches a node, so that `down` finds them whatever happens. */
export function knownOf(plan: Plan, file: string | null): Known {
  return {
    cluster: plan.cluster,
    file,
    nodes: plan.nodes.map(({ name, host, ip, ssh, stateDir }) => ({ node: name, host, ip, ssh, stateDir })),
  };
}

/** All clusters of the index, by name. A file that is not ours to read is an error of its own, not an absent cluster. */
export async function knownClusters(stateHome: string): Promise<readonly Known[]> {
  const names = await readdir(directory(stateHome)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(path.join(directory(stateHome), name), "utf8")) as Known),
  );
}

export async function remember(stateHome: string, known: Known): Promise<void> {
  await mkdir(directory(stateHome), { recursive: true, mode: 0o700 });
  const file = fileOf(stateHome, known.cluster);
  const fresh = `${file}.${process.pid}.tmp`;
  await writeFile(fresh, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
  await rename(fresh, file);
}

/** `left`: nodes that could not be cleaned stay on the list; none left and the cluster is forgotten. */
export async function forgetKnown(stateHome: string, known: Known, left: readonly string[]): Promise<void> {
  if (left.length === 0) return rm(fileOf(stateHome, known.cluster), { force: true });
  return remember(stateHome, { ...known, nodes: known.nodes.filter(({ node }) => left.includes(node)) });
}
