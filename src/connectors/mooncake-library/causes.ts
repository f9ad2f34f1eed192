import type { Cause } from "../../diagnose/cause.ts";

/** What every connector of Mooncake's can end with: its library is not there, or does not load. Source: launch.md §6.1 row 10; vLLM 0.32, mooncake_connector.py. */
export const libraryMissing: Cause = {
  id: "mooncake-missing",
  pattern:
    /(No module named 'mooncake'|Mooncake is not available|libmooncake.*cannot open shared object|transfer_engine.*cannot open shared object)/,
  says: "the Mooncake library is not installed where the engine runs",
  remedy: ["install mooncake-transfer-engine, or add its directory to env LD_LIBRARY_PATH"],
};

/** What `mooncake_master` itself ends with. Source: proxy-peers.md §4. */
export const masterCauses: readonly Cause[] = [
  {
    id: "master-flag",
    pattern:
      /^F\d{4} .* master\.cpp:\d+\]|^E\d{4} .* master_service\.cpp:\d+\] .* must be |^ERROR: (unknown command line flag|failed validation of new value|illegal value)/,
    says: "mooncake_master refuses one of its flags",
    remedy: ["kv.….master: the line names the value; leave the key out for mooncake_master's own default"],
  },
  {
    id: "master-port",
    pattern: /^[EF]\d{4} .*Failed to start (master admin|HTTP metadata) server/,
    says: "another mooncake_master has the port",
    remedy: ["kv.….master: set port and metrics_port to free ones"],
  },
];

/** A client of the store that finds no master. Source: vLLM 0.32, mooncake_store.py; vllm-ascend, mooncake_backend.py. */
export const storeCauses: readonly Cause[] = [
  {
    id: "mooncake-store",
    pattern: /Initialize (MooncakeDistributedStore|mooncake) failed/,
    says: "the store's client could not reach mooncake_master, or not give it its segment",
    remedy: [
      "kv.….master: is it up, and its port open from the engines' nodes",
      "kv.….global_segment_size: less than the memory that the node has free, for each worker",
    ],
  },
  {
    id: "mooncake-buffer",
    pattern: /Mooncake register_buffer failed|custom_mem_pool.*(not installed|requires)/,
    says: "the store could not register the KV cache's memory",
    remedy: ["ulimit -l unlimited for the login user, or in the container"],
  },
];
