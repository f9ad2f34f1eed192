import type { Cause } from "../../diagnose/cause.ts";

/** What every connector of Mooncake's can end with: its library is not there, or does not load. Source: launch.md §6.1 row 10; vLLM 0.32, mooncake_connector.py. */
export const libraryMissing: Cause = {
  id: "mooncake-missing",
  pattern:
    /(No module named 'mooncake'|Mooncake is not available|libmooncake.*cannot open shared object|transfer_engine.*cannot open shared object)/,
  says: "the Mooncake library is not installed where the engine runs",
  remedy: ["install mooncake-transfer-engine, or add its directory to env LD_LIBRARY_PATH"],
};
