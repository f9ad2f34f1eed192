import type { Path } from "../rule.ts";

/** Keys whose content is somebody else's: whatever stands in them is passed on. */
export const VERBATIM: ReadonlySet<string | number> = new Set<string | number>([
  "args",
  "env",
  "extra",
  "store",
  "mooncake_json",
]);

/** Refuses the user's own `x-…` keys wherever pdctl owns the keys; there they hold anchors and notes. */
export const ownKeysOnly = (path: Path): boolean =>
  !String(path.at(-1)).startsWith("x-") || path.slice(0, -1).some((step) => VERBATIM.has(step));
