import type { Cause } from "../../diagnose/cause.ts";

/** Source: launch.md §3.8, §6.1 rows 37–40, §6.2; vllm-cpu.md §10. */
export const causes: readonly Cause[] = [
  {
    id: "ucm-missing",
    pattern: /No module named 'ucm/,
    says: "UCM is not installed where the engine runs",
    remedy: ["install uc-manager into the engine's environment"],
  },
  {
    id: "ucm-platform",
    pattern: /Unsupported device platform for UCM/,
    says: "UCM does not know this hardware",
    remedy: ["UCM runs on cuda and ascend"],
  },
  {
    id: "ucm-config",
    pattern: /no storage connector name in config/,
    says: "UCM could not read its configuration file",
    remedy: ["in a container: is the state directory of the node mounted?"],
  },
  {
    id: "ucm-buffer",
    pattern: /(-50000.*too small buffer|too small buffer\()/,
    says: "UCM's cache buffer is too small for the model's blocks",
    remedy: ["raise kv.….cache_buffer_capacity_gb"],
  },
  {
    id: "ucm-shm",
    pattern: /(shm_open.*uc_shm_cache|uc_shm_cache.*(No space|failed))/,
    says: "UCM's shared buffer does not fit into /dev/shm",
    remedy: ["df -h /dev/shm; lower cache_buffer_capacity_gb or enlarge it"],
  },
  {
    id: "ucm-storage",
    pattern:
      /(storage_backends?.*(No such file|Permission denied|Read-only)|(Posix|posix).*(mkdir|open).*(No such file|Permission denied|No space))/,
    says: "UCM cannot write to its storage directory",
    remedy: ["mount it, writable for the login user, on every node of the cluster"],
  },
];
