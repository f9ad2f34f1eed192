import { badArgument, invalid, raised } from "../fatal.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { PlatformName } from "./platform.ts";

/** One entry of --kv-transfer-config, checked; a MultiConnector has inner ones. */
export interface KvConfig {
  readonly connector: string;
  readonly role: string;
  readonly engineId: string | undefined;
  readonly bufferDevice: string | undefined;
  readonly port: number;
  readonly permutes: boolean;
  readonly onLoadFailure: "fail" | "recompute";
  readonly extra: JsonObject;
  readonly inner: readonly KvConfig[];
}

const fields = new Set(
  `kv_connector kv_connector_module_path engine_id kv_role kv_rank kv_parallel_size kv_buffer_device kv_buffer_size kv_ip kv_port
   kv_connector_extra_config enable_permute_local_kv kv_load_failure_policy`.split(/\s+/),
);
const roles = ["kv_producer", "kv_both", "kv_consumer"];

const upstream = new Set(
  `ExampleConnector LMCacheConnectorV1 LMCacheMPConnector NixlConnector NixlPullConnector NixlPushConnector MultiConnector MoRIIOConnector
   OffloadingConnector DecodeBenchConnector MooncakeConnector MooncakeStoreConnector FlexKVConnectorV1 SimpleCPUOffloadConnector
   HF3FSKVConnector`.split(/\s+/),
);
const ascend = new Set(
  `MooncakeConnectorV1 MooncakeHybridConnector MooncakeLayerwiseConnector AscendStoreConnector MooncakeConnectorStoreV1 UCMConnector
   RecomputeCPUOffloadConnector SfaRemoteD2HConnector`.split(/\s+/),
);

/** Checks what the flag parser checks (exit 2). Source: launch.md §3.1, vllm-cpu.md §9. */
export function readKvConfig(given: JsonObject): KvConfig {
  const complain = (text: string): never => {
    throw badArgument("--kv-transfer-config", `1 validation error for KVTransferConfig\n${text}`);
  };
  const unknown = Object.keys(given).find((name) => !fields.has(name));
  if (unknown !== undefined) complain(`${unknown}\n  Unexpected keyword argument`);
  const { kv_connector: connector, kv_role: role, kv_load_failure_policy: policy = "fail" } = given;
  if (role !== undefined && role !== null && !roles.includes(String(role))) {
    complain("kv_role\n  Input should be 'kv_producer', 'kv_both' or 'kv_consumer'");
  }
  if (typeof connector === "string" && typeof role !== "string") {
    complain(
      `  Value error, Please specify kv_role when kv_connector is set, supported roles are (${roles.map((one) => `'${one}'`).join(", ")})`,
    );
  }
  if (policy !== "fail" && policy !== "recompute")
    complain("kv_load_failure_policy\n  Input should be 'recompute' or 'fail'");
  const port = given.kv_port === undefined ? 14579 : Number(given.kv_port);
  if (!Number.isInteger(port))
    complain(
      `kv_port\n  Input should be a valid integer${typeof given.kv_port === "string" ? ", unable to parse string as an integer" : ""}`,
    );
  const permutes = boolean(given.enable_permute_local_kv ?? false);
  if (permutes === undefined) complain("enable_permute_local_kv\n  Input should be a valid boolean");
  const extra = given.kv_connector_extra_config ?? {};
  if (!isObject(extra)) return complain("kv_connector_extra_config\n  Input should be a valid dictionary");
  return {
    connector: typeof connector === "string" ? connector : "",
    role: String(role),
    engineId: typeof given.engine_id === "string" ? given.engine_id : undefined,
    bufferDevice: typeof given.kv_buffer_device === "string" ? given.kv_buffer_device : undefined,
    port,
    permutes: permutes === true,
    onLoadFailure: policy === "recompute" ? "recompute" : "fail",
    extra,
    inner: connector === "MultiConnector" ? innerOf(extra) : [],
  };
}

/** The connectors that exist depend on the platform's plugin, and on a module path where one is given. Exit 1, at the engine's configuration. */
export function requireConnector(given: JsonObject, platform: PlatformName): void {
  const connector = String(given.kv_connector);
  const module = given.kv_connector_module_path;
  if (typeof module === "string" && module !== "") {
    const known = connector === "UCMConnector" ? "ucm.integration.vllm.ucm_connector" : undefined;
    if (module !== known && !module.startsWith("vllm"))
      throw raised("ModuleNotFoundError", `No module named '${module.split(".")[0]}'`);
  } else if (!upstream.has(connector) && !(platform === "ascend" && ascend.has(connector))) {
    throw invalid("VllmConfig", `Unsupported connector type: ${connector}`);
  }
  const { kv_connector_extra_config: extra } = given;
  if (connector !== "MultiConnector" || !isObject(extra) || !Array.isArray(extra.connectors)) return;
  for (const inner of extra.connectors) if (isObject(inner)) requireConnector(inner, platform);
}

function innerOf(extra: JsonObject): readonly KvConfig[] {
  const { connectors } = extra;
  if (!Array.isArray(connectors))
    throw raised("AssertionError", "MultiConnector needs kv_connector_extra_config.connectors");
  return connectors.filter(isObject).map(readKvConfig);
}

/** pydantic's lax booleans: the texts "True" and "1" are accepted. */
function boolean(given: unknown): boolean | undefined {
  if (typeof given === "boolean") return given;
  if (/^(1|true|t|yes|y|on)$/i.test(String(given))) return true;
  return /^(0|false|f|no|n|off)$/i.test(String(given)) ? false : undefined;
}
