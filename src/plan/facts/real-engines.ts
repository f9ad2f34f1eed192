import { once } from "../../once.ts";
import type { Plan, Service } from "../plan.ts";

/** Engines that are vLLM itself: a stand-in, which brings its program along, needs no device, no model and no module. */
export const realEngines = once(({ services }: Pick<Plan, "services">): readonly Service[] =>
  services.filter(
    ({ kind, files }) => kind === "engine" && !files.some((file) => "program" in file && file.program === "sim"),
  ),
);

/** Libraries that the loader is told to put in front; one that is not there is an error line of every command. */
export function preloads({ env }: Service): readonly string[] {
  const value = env["LD_PRELOAD"];
  const words =
    typeof value === "string" ? value.split(/[\s:]+/) : [...(value?.prepend ?? []), ...(value?.append ?? [])];
  return words.filter((word) => word.startsWith("/"));
}
