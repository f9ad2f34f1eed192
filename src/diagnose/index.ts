import { connectors } from "../connectors/index.ts";
import { containerCauses, causes as engineCauses, pullCauses } from "../engines/index.ts";
import { hardware } from "../hardware/index.ts";
import type { Cause } from "./cause.ts";

export { progressOf } from "../engines/progress.ts";
export { type Death, type Diagnosed, diagnose, readLog } from "./diagnose.ts";
export { firstError } from "./first-error.ts";

/**
 * The causes that can apply where these accelerators and connectors are at work, theirs before those of the engine, whose
 * patterns are wider. Names that nobody has are passed over: an older or newer pdctl may have written them.
 */
export function causesOf(names: Iterable<string>): readonly Cause[] {
  const owners = [...new Set(names)].flatMap((name) => hardware.get(name) ?? connectors.get(name) ?? []);
  const all = [...owners.flatMap((owner) => owner.causes), ...engineCauses];
  const same = (a: Cause, b: Cause) => a.id === b.id && String(a.pattern) === String(b.pattern);
  return all.filter((cause, at) => all.findIndex((other) => same(cause, other)) === at);
}

/** Every cause that pdctl knows. */
export const causes: readonly Cause[] = causesOf([...hardware.keys(), ...connectors.keys()]);

/** Why an image was not pulled, by the tool's own words: the last line that is known to mean something. */
export function pullCause(said: readonly string[]): Cause | undefined {
  const known = [...pullCauses, ...containerCauses];
  return said.toReversed().flatMap((line) => known.find(({ pattern }) => pattern.test(line)) ?? [])[0];
}
