import type { Cause } from "../../diagnose/cause.ts";

/** Source: launch.md §3.2, §6.1 rows 1–3, 17–25, §6.2. */
export const causes: readonly Cause[] = [
  {
    id: "nixl-missing",
    pattern: /(NIXL is not available|No module named '(nixl|rixl)')/,
    says: "the NIXL library is not installed where the engine runs",
    remedy: [
      "install nixl (rixl on ROCm) into the engine's environment",
      "python -c 'import nixl' in engine.venv or the container",
    ],
  },
  {
    id: "nixl-compat",
    pattern: /NIXL compatibility hash mismatch|compatibility hash mismatch/,
    says: "prefill and decode do not have the same model, version or layout",
    remedy: [
      "the same model text, dtype, kv-cache-dtype and vLLM version on both sides",
      "mixed hardware: kv.transfer.enforce_handshake_compat: false",
    ],
  },
  {
    id: "nixl-backend",
    pattern: /NIXL_ERR_BACKEND|NIXL_ERR_NOT_(FOUND|SUPPORTED)/,
    says: "NIXL's UCX backend could not start or register memory",
    remedy: [
      "ucx_info -d in the engine's environment must list the device's transport",
      "set env UCX_MODULE_DIR when the modules are elsewhere",
    ],
  },
  {
    id: "memory-registration",
    pattern:
      /(Failed to register memory|ibv_reg_mr.*(failed|Cannot allocate memory)|ibv_create_cq.*Cannot allocate memory)/,
    says: "the network card could not register the device's memory",
    remedy: [
      "ulimit -l must be unlimited (containers: --ulimit memlock=-1)",
      "load nvidia_peermem, or use a kernel with dmabuf",
    ],
  },
  {
    id: "rdma-route",
    pattern:
      /(modify QP to RTR|transport retry counter exceeded|Destination is unreachable.*UCX|UCX +ERROR.*no (usable|active) transports)/i,
    says: "the network cards do not reach each other",
    remedy: ["set env UCX_NET_DEVICES and UCX_IB_GID_INDEX per node", "the MTU must be equal on both ends"],
  },
  {
    id: "nixl-uar",
    pattern: /(UAR.*(alloc|exhaust|Cannot)|ibv_open_device.*Cannot allocate memory)/i,
    says: "too many UCX threads for the network card",
    remedy: ["kv.transfer.num_threads: 1"],
  },
  {
    id: "nixl-ticket",
    pattern: /(assert num_decode_blocks <= len\(prefill_group\)|KeyError: 'remote_request_id')/,
    says: "decode was handed KV of another prompt",
    remedy: [
      "the proxy must carry prefill's kv_transfer_params unchanged, with the same prompt",
      "both engines need the same tokenizer and chat template",
    ],
  },
  {
    id: "nixl-handshake-lost",
    pattern: /(NIXL_ERR_REMOTE_DISCONNECT|NIXL handshake (failed|timed out)|loadRemoteMD)/,
    says: "the other role's engine went away or was restarted",
    remedy: ["look at the engine that died first", "restart both roles together: pdctl restart"],
    follows: true,
  },
];
