import type { Cause } from "../../diagnose/cause.ts";
import { libraryMissing } from "../mooncake-library/causes.ts";

/** Source: vLLM 0.32, mooncake_connector.py and mooncake_utils.py; launch.md §3.3. */
export const causes: readonly Cause[] = [
  libraryMissing,
  {
    id: "mooncake-engine",
    pattern: /Mooncake Transfer Engine initialization failed/,
    says: "Mooncake's transfer engine could not be opened",
    remedy: [
      "kv.transfer.device_name: a device that ibv_devices lists on the node",
      "kv.transfer.protocol: tcp, where there is no RDMA",
    ],
  },
  {
    id: "mooncake-registered",
    pattern: /(is already registered at .* but still want to register at|Engine ID mismatch for dp_rank=)/,
    says: "a bootstrap server still has the ranks of an earlier start",
    remedy: ["pdctl restart the whole instance: the server is in its first process"],
  },
  {
    id: "mooncake-bootstrap",
    pattern:
      /(Failed to register .* with the Mooncake bootstrap server|Mooncake sender listener (exited before|did not become)|Mooncake bootstrap server (exited during startup|did not start in time))/,
    says: "prefill's bootstrap server did not start, or did not answer",
    remedy: ["kv.transfer.bootstrap_port: a port that is free on every prefill node"],
  },
  {
    id: "mooncake-memory",
    pattern: /Mooncake (batch )?memory registration failed/,
    says: "Mooncake could not register the KV cache's memory",
    remedy: [
      "ulimit -l unlimited for the login user, or in the container",
      "kv.transfer.protocol: tcp, to try without RDMA",
    ],
  },
];
