import { era } from "../../era.ts";

/** The hold became an extra key and a lease of 30 s; before, it was a variable and 480 s. Source: launch.md §12, vllm-cpu.md §4. */
const change = { lastOld: "0.20", firstNew: "0.24" };

/** What one hold time is called: unknown versions get both names, which is right on both sides of the change. */
export function lease(seconds: number | undefined, vllm: string | undefined) {
  const when = era(vllm, change);
  if (seconds === undefined) return { env: {}, extra: {}, hold: when === "new" ? 30 : 480 };
  return {
    env: when === "new" ? {} : { VLLM_NIXL_ABORT_REQUEST_TIMEOUT: String(seconds) },
    extra: when === "old" ? {} : { kv_lease_duration: seconds },
    hold: seconds,
  };
}
