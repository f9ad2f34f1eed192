import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { array, looseObject, nullable, safeParse, string } from "zod/mini";
import { UserError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { folded } from "../../words/names.ts";
import type { Known } from "./standing.ts";

/** The launcher's index: where the nodes of each cluster are, one file per cluster. Nothing else is kept on the launcher. */
const directory = (stateHome: string) => path.join(stateHome, "clusters");
const fileOf = (stateHome: string, cluster: string) => path.join(directory(stateHome), `${cluster}.json`);

/** What `up` remembers before it touches a node, so that `down` finds them whatever happens. */
export function knownOf(plan: Plan, file: string | null): Known {
  return {
    cluster: plan.cluster,
    file: file === "-" || file?.startsWith("/dev/") ? null : file, // a pipe is not there the next time
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
  return Promise.all(files.map((name) => read(path.join(directory(stateHome), name))));
}

async function read(file: string): Promise<Known> {
  const damaged = (why: string) => new UserError("file.unreadable", { file, why });
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw damaged(error.message);
  });
  try {
    const { success, data } = safeParse(shape, JSON.parse(text));
    if (success) return data as Known; // ssh options are written by us alone; what a session cannot use it refuses itself
  } catch (cause) {
    throw damaged((cause as Error).message);
  }
  throw damaged("it is not an index that pdctl writes; move it away");
}

const shape = looseObject({
  cluster: string(),
  file: nullable(string()),
  nodes: array(looseObject({ node: string(), host: string(), ip: string(), stateDir: string(), ssh: looseObject({}) })),
});

/** Nodes by name. A name that is none of the cluster's is a slip of the user's, not an empty answer. */
export function theseOf({ cluster, nodes }: Known, names: readonly string[]): Known["nodes"] {
  const unknown = names.filter((name) => !nodes.some(({ node }) => node === name));
  if (unknown.length > 0)
    throw new UserError("usage", {
      what: `${folded(unknown)} ${unknown.length === 1 ? "is no node" : "are no nodes"} of ${cluster}, which has ${folded(nodes.map(({ node }) => node))}`,
      next: "pdctl status",
    });
  return nodes.filter(({ node }) => names.includes(node));
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
