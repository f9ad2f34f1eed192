import { existsSync } from "node:fs";
import { UserError } from "../../errors.ts";
import type { Target } from "../edge/aim.ts";
import type { Call } from "../edge/call.ts";
import type { Common } from "../usage/options.ts";

const DEFAULTS = ["./cluster.yaml", "./pdctl.yaml"] as const;

/** The topology that is meant: the argument, -f, $PDCTL_TOPOLOGY, ./cluster.yaml, ./pdctl.yaml; undefined: none of them. */
export function namedTopology(
  argument: string | undefined,
  { file }: Pick<Common, "file">,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const named = argument ?? file ?? (env.PDCTL_TOPOLOGY || undefined);
  return named ?? DEFAULTS.find((path) => existsSync(path))?.slice(2);
}

export function topologyFile(
  argument: string | undefined,
  common: Pick<Common, "file">,
  env: NodeJS.ProcessEnv,
): string {
  const file = namedTopology(argument, common, env);
  if (file === undefined) throw new UserError("topology.missing", { looked: DEFAULTS });
  return file;
}

/** What a command has to say to mean this topology again: nothing that the default search finds by itself. */
export function targetOf({ options }: Pick<Call, "options">, argument: string | undefined, cluster: string): Target {
  const file = argument ?? options.file;
  const renamed = options.set.some((set) => set.startsWith("name="));
  return { file, cluster: file !== undefined || renamed ? cluster : undefined, options };
}

/** `logs` and `status` take a topology and ids as arguments: a file is told by its suffix, a slash, or by being there; - is stdin. */
export const isFile = (word: string) => word === "-" || /\.ya?ml$|\//.test(word) || existsSync(word);
