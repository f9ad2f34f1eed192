import type { Cause } from "../../diagnose/cause.ts";

/** Source: launch.md §3.9; LMCache, lmcache/v1/config.py and remote_backend.py; vLLM 0.32, lmcache_connector.py. */
export const causes: readonly Cause[] = [
  {
    id: "lmcache-missing",
    pattern: /No module named 'lmcache/,
    says: "LMCache is not installed where the engine runs",
    remedy: ["install lmcache into the engine's environment; the server of kv.….server has a venv of its own"],
  },
  {
    id: "lmcache-remote",
    pattern: /Failed to initialize\/re-establish remote connection/,
    says: "LMCache did not reach its store",
    remedy: ["kv.….server or remote_url: is it up, and its port open from the engines' nodes"],
  },
  {
    id: "lmcache-config",
    pattern:
      /(lmcache_instance_id is required when|controller_(pull|reply)_url is required when|lmcache_worker_ports is required)/,
    says: "LMCache's controller was asked for without all that it needs",
    remedy: ["kv.….config: what the line names, or no enable_controller"],
  },
];
