import type { Endpoint, FoundProxy } from "../commands/proxy-command.ts";
import type { Placed } from "../documents/yaml-places.ts";
import type { Voice } from "../remark.ts";
import type { GivenNode } from "../setup.ts";
import { composeStarts, isCompose } from "./compose.ts";
import { isModelService, modelServiceStarts } from "./llm-d.ts";
import { isSrtSlurm, srtSlurmStarts } from "./srt-slurm.ts";
import type { Started } from "./started.ts";

export interface RecipeAsk {
  readonly values: Readonly<Record<string, string>>;
  readonly nodes: readonly GivenNode[];
}

/** A form of YAML that describes processes: how it is known, and what it starts. */
interface Recipe {
  readonly is: (root: Placed) => boolean;
  readonly starts: (root: Placed, ask: RecipeAsk, voice: Voice) => readonly Started[];
}

const recipes: readonly Recipe[] = [
  { is: isModelService, starts: modelServiceStarts },
  { is: isSrtSlurm, starts: srtSlurmStarts },
  { is: isCompose, starts: composeStarts },
];

export const isRecipe = (root: Placed): boolean => recipes.some(({ is }) => is(root));

export const recipeStarts: Recipe["starts"] = (root, ask, voice) =>
  recipes.find(({ is }) => is(root))?.starts(root, ask, voice) ?? [];

/** Endpoints that name a service, as the machine sees them. */
export function onMachine(proxy: FoundProxy, starts: readonly Started[]): FoundProxy {
  const outside = (endpoint: Endpoint): Endpoint => {
    const start = starts.find(({ extras }) => extras.called?.includes(endpoint.machine));
    return start === undefined
      ? endpoint
      : { ...endpoint, machine: "localhost", port: start.extras.published?.get(endpoint.port) ?? endpoint.port };
  };
  const own = starts.find(({ command }) => command.at.file === proxy.at.file && command.at.line === proxy.at.line);
  return {
    ...proxy,
    port: own?.extras.published?.get(proxy.port) ?? proxy.port,
    prefill: proxy.prefill.map(outside),
    decode: proxy.decode.map(outside),
  };
}
