import { connectors } from "../connectors/index.ts";
import { causes as engineCauses } from "../engines/index.ts";
import { hardware } from "../hardware/index.ts";
import type { Cause } from "./cause.ts";

export { progressOf } from "../engines/progress.ts";
export { type Death, type Diagnosed, diagnose } from "./diagnose.ts";
export { firstError } from "./first-error.ts";

/** Every cause that pdctl knows: accelerators and connectors before engines, whose patterns are wider. */
export const causes: readonly Cause[] = [
  ...[...hardware.values()].flatMap((one) => one.causes),
  ...[...connectors.values()].flatMap((one) => one.causes),
  ...engineCauses,
].filter(
  (cause, at, all) =>
    all.findIndex(({ id, pattern }) => id === cause.id && String(pattern) === String(cause.pattern)) === at,
);
