import { era } from "../../era.ts";
import { abortTimeout } from "./drift.ts";

/** What one hold time is called: unknown versions get both names, which is right on both sides of the change. */
export function lease(seconds: number | undefined, vllm: string | undefined) {
  const when = era(vllm, abortTimeout);
  if (seconds === undefined) return { env: {}, extra: {}, hold: when === "new" ? 30 : 480 };
  return {
    env: when === "new" ? {} : { VLLM_NIXL_ABORT_REQUEST_TIMEOUT: String(seconds) },
    extra: when === "old" ? {} : { kv_lease_duration: seconds },
    hold: seconds,
  };
}
