export { causes } from "./causes.ts";
export { containerCauses } from "./container-causes.ts";
export { drift, droppedVariable, removedVariables, replacements } from "./drift.ts";
export {
  type Flag,
  type FlagKind,
  flagName,
  flagNames,
  flags,
  formsOf,
  history,
  releaseOf,
  releases,
} from "./flags.ts";
export { releasesOfImage } from "./images.ts";
export { managedEnv, managedFlags } from "./managed.ts";
export { pullCauses } from "./pull-causes.ts";
export { type Refusal, refusal } from "./values.ts";
