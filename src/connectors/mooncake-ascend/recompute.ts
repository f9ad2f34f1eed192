import type { ArgValue, Topology } from "../../topology/topology.ts";

/**
 * Whether decode gives a request back when it has no room for it, with the stop reason "recomputed", instead of computing it again. The proxy has
 * to know: it looks into every event then. Source: proxy-protocols.md §C.1, vllm-ascend core/recompute_scheduler.py.
 */
export const givesBack = ({ instances }: Topology): boolean =>
  instances.some(({ role, engine }) => role === "decode" && isOn(engine.args["additional-config"]));

function isOn(config: ArgValue | undefined): boolean {
  const text = typeof config === "object" && "json" in config ? JSON.stringify(config.json) : config;
  return typeof text === "string" && /"recompute_scheduler_enable"\s*:\s*true\b/.test(text);
}
