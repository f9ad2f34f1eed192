import type { Cause } from "../../diagnose/cause.ts";
import { libraryMissing, masterCauses } from "../mooncake-library/causes.ts";

/** A dead master is no cause here: this connector never opens it. Source: launch.md §3.5, §6.1 rows 10, 12, 13, 42; vllm-ascend, mooncake_{hybrid,layerwise}_connector.py. */
export const causes: readonly Cause[] = [
  {
    id: "kv-port-taken",
    pattern: /(KV Cache (sending|receiving) thread failed to start|zmq.*Address already in use)/i,
    says: "the connector's kv_port is taken",
    remedy: [
      "kv.transfer.kv_port: 28001 or higher (36001 with 16 devices): below it the transfer engine draws ports at random",
    ],
  },
  {
    id: "adxl",
    pattern: /(103902|ADXL.*(fail|error|timeout)|adxl.*(fail|error|timeout))/,
    says: "the device-to-device transfer failed",
    remedy: [
      "hccn_tool -i N -link -g, -net_health -g and -tls -g on both nodes",
      "engine.env ASCEND_CONNECT_TIMEOUT: 10000 and ASCEND_TRANSFER_TIMEOUT: 10000",
    ],
  },
  libraryMissing,
  {
    id: "engine-id",
    pattern: /Conflict engine id/,
    says: "a prefill and a decode engine have the same engine_id",
    remedy: ["leave engine_id out"],
  },
  {
    id: "layerwise-metaserver",
    pattern: /Failed to connect to metaserver\. url=|Access metaserver fail\./,
    says: "decode could not call the layerwise proxy back",
    remedy: [
      "proxy.bind: an address of the proxy's node that every decode node reaches",
      "proxy.kind: ascend-layerwise",
    ],
  },
  {
    id: "context-parallel",
    pattern:
      /(Hybrid Connector only support cp_world_size == 1|Prefill context parallel is not support on decoder nodes)/,
    says: "the connector's variant does not know context parallelism here",
    remedy: ["parallel: { pcp: 1, dcp: 1 } with variant hybrid; pcp: 1 on decode with layerwise"],
  },
  ...masterCauses,
];
