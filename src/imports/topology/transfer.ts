import { hardware as allHardware } from "../../hardware/index.ts";
import type { Json, Role } from "../../topology/topology.ts";
import type { Engine } from "../commands/engine.ts";
import { isMap } from "../commands/flags.ts";
import { type Config, isMooncake, isUcm } from "../files.ts";
import type { Spot, Voice } from "../remark.ts";

type Dict = Readonly<Record<string, Json>>;

/** A connector and its own keys, as `kv.transfer` or `kv.cache` has them. */
export interface Use {
  readonly connector: string;
  readonly fields: Dict;
  readonly at: Spot;
}

export interface Uses {
  readonly transfer?: Use;
  readonly cache?: Use;
}

interface Ask {
  readonly engine: Engine;
  readonly role: Role;
  readonly configs: readonly Config[];
  readonly voice: Voice;
}

const mooncake: Readonly<Record<string, string>> = {
  MooncakeConnectorV1: "v1",
  MooncakeHybridConnector: "hybrid",
  MooncakeLayerwiseConnector: "layerwise",
};
/** What every connector has by itself. */
const derived: Readonly<Record<string, string>> = {
  kv_connector: "kv.transfer.connector",
  kv_connector_module_path: "the connector knows its module",
  kv_rank: "vLLM's connectors of today do not read it",
  kv_parallel_size: "vLLM's connectors of today do not read it",
  kv_buffer_size: "vLLM's connectors of today do not read it",
  engine_id: "vLLM draws one that is unique in the whole cluster",
  kv_connector_extra_config: "the connector's own keys",
};

/** How one engine moves KV. Source: launch.md §3.1, §3.2, §3.5, §3.7, §3.8. */
export function usesOf(ask: Ask): Uses {
  const { engine, voice } = ask;
  if (engine.kv === undefined) {
    voice.missing(engine.at, "--kv-transfer-config", "nothing says how KV gets from prefill to decode");
    return {};
  }
  const { value, at } = engine.kv;
  if (value["kv_connector"] !== "MultiConnector") return { ...one(value, at, ask, true) };
  const extra = value["kv_connector_extra_config"];
  const inner = isMap(extra) && Array.isArray(extra["connectors"]) ? extra["connectors"].filter(isMap) : [];
  const read = inner.map((each, i) => one(each, at, ask, i === 0));
  voice.kept(at, "MultiConnector", "kv.transfer and kv.cache: pdctl puts them together again");
  return Object.assign({}, ...read);
}

function one(value: Dict, at: Spot, ask: Ask, first: boolean): Uses {
  const name = String(value["kv_connector"]);
  const extra = isMap(value["kv_connector_extra_config"]) ? value["kv_connector_extra_config"] : {};
  if (name === "NixlConnector") return { transfer: { connector: "nixl", fields: nixl(value, extra, at, ask), at } };
  if (name in mooncake)
    return { transfer: { connector: "mooncake-ascend", fields: ascend(name, value, extra, at, ask), at } };
  if (/^UCM/.test(name))
    return { [first ? "transfer" : "cache"]: { connector: "ucm", fields: ucm(value, extra, at, ask), at } };
  ask.voice.missing(at, name, "this connector cannot be imported yet; write kv.transfer by hand");
  return {};
}

function told(value: Dict, known: readonly string[], at: Spot, { voice }: Ask): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) voice.kept(at, key, "kv.transfer");
    else if (key in derived) voice.kept(at, key, derived[key] ?? "");
    else voice.dropped(at, key, "kv.transfer has no such key");
  }
}

function nixl(value: Dict, extra: Dict, at: Spot, ask: Ask): Dict {
  const { engine, voice } = ask;
  const { kv_role, kv_buffer_device, kv_load_failure_policy, enable_permute_local_kv } = value;
  told(value, ["kv_role", "kv_buffer_device", "kv_load_failure_policy", "enable_permute_local_kv"], at, ask);
  const { enforce_handshake_compat, backends, num_threads, kv_lease_duration, ...rest } = extra;
  const own = allHardware.get(engine.hardware ?? "cuda")?.kvBufferDevices[0];
  const lease = engine.env.get("VLLM_NIXL_ABORT_REQUEST_TIMEOUT");
  if (enable_permute_local_kv !== undefined && !engine.env.has("VLLM_HPU_HETERO_KV_LAYOUT"))
    voice.fault(
      at,
      "enable_permute_local_kv",
      "vllm-gaudi since 0.15.1 also wants VLLM_HPU_HETERO_KV_LAYOUT and VLLM_NIXL_DEVICE_TO_DEVICE; pdctl writes all three where the layouts differ",
    );
  if (lease !== undefined)
    voice.fault(
      lease.at,
      "VLLM_NIXL_ABORT_REQUEST_TIMEOUT",
      "newer releases do not read it; kv.transfer.lease_seconds is right in all of them",
    );
  if (engine.sideChannel === undefined)
    voice.fault(
      at,
      "VLLM_NIXL_SIDE_CHANNEL_PORT",
      "it is not set, and two engines on a node would both take 5600; pdctl writes and reserves the port of each",
    );
  const seconds = kv_lease_duration ?? (typeof lease?.value === "string" ? lease.value : undefined);
  return some({
    kv_role: kv_role === "kv_both" ? undefined : kv_role,
    side_channel_port: engine.sideChannel?.value === 5600 ? undefined : engine.sideChannel?.value,
    kv_buffer_device: kv_buffer_device === own ? undefined : kv_buffer_device,
    kv_load_failure_policy,
    lease_seconds: seconds === undefined ? undefined : Number(seconds),
    enforce_handshake_compat,
    backends,
    num_threads,
    extra: Object.keys(rest).length > 0 ? rest : undefined,
  });
}

function ascend(name: string, value: Dict, extra: Dict, at: Spot, ask: Ask): Dict {
  const { engine, role, configs, voice } = ask;
  told(value, ["kv_role", "kv_port"], at, ask);
  const { prefill: _p, decode: _d, ...rest } = extra;
  const usual = role === "prefill" ? "kv_producer" : "kv_consumer";
  const file = configs.find(isMooncake);
  const path = engine.env.get("MOONCAKE_CONFIG_PATH");
  if (path !== undefined && typeof path.value === "string" && !path.value.startsWith("/"))
    voice.fault(
      path.at,
      "MOONCAKE_CONFIG_PATH",
      "a relative path depends on the directory of the start; pdctl writes the file and names it whole",
    );
  const { master_server_address: _, ...json } = file?.value ?? {};
  if (file !== undefined) voice.kept(file.at, "mooncake.json", "kv.transfer.mooncake_json");
  return some({
    variant: mooncake[name] === "v1" ? undefined : mooncake[name],
    kv_role: value["kv_role"] === usual ? undefined : value["kv_role"],
    kv_port: portOf(value["kv_port"], at, voice),
    mooncake_json: file === undefined ? undefined : json,
    extra: Object.keys(rest).length > 0 ? rest : undefined,
  });
}

const DRAWN = { first: 20_000, last: 28_000 }; // of 8 devices. Source: launch.md §2.1

function portOf(value: Json | undefined, at: Spot, voice: Voice): number | undefined {
  const port = Number(value);
  if (value === undefined || !Number.isInteger(port)) return undefined;
  if (port < DRAWN.first || port > DRAWN.last) return port;
  voice.fault(
    at,
    `kv_port ${port}`,
    "the transfer engine draws its own ports from 20000 on at random; left out, pdctl begins behind them",
  );
  return undefined;
}

const ucmKeys = ["store_pipeline", "storage_backends", "cache_buffer_capacity_gb"];

function ucm(value: Dict, extra: Dict, at: Spot, ask: Ask): Dict {
  const { configs, voice } = ask;
  told(value, ["kv_role"], at, ask);
  const { UCM_CONFIG_FILE: path, ...rest } = extra;
  const file =
    configs.find((config) => isUcm(config) && typeof path === "string" && path.endsWith(`/${config.name}`)) ??
    configs.find(isUcm);
  if (file === undefined) {
    voice.missing(at, String(path ?? "UCM_CONFIG_FILE"), "the file that it names is not here: give it to import too");
    return {};
  }
  voice.kept(file.at, file.name, "the keys of ucm");
  const { ucm_connectors, enable_event_sync, use_layerwise, ...others } = file.value;
  const [store] = Array.isArray(ucm_connectors) ? ucm_connectors.filter(isMap) : [];
  for (const key of Object.keys(others)) voice.dropped(file.at, key, "ucm has no such key here");
  const config = isMap(store?.["ucm_connector_config"]) ? store["ucm_connector_config"] : {};
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => !ucmKeys.includes(key)));
  const backends = config["storage_backends"];
  return some({
    kv_role: value["kv_role"] === "kv_both" ? undefined : value["kv_role"],
    ucm_connector_name:
      store?.["ucm_connector_name"] === "UcmPipelineStore" ? undefined : store?.["ucm_connector_name"],
    storage_backends: typeof backends === "string" ? [backends] : backends,
    store_pipeline: config["store_pipeline"],
    cache_buffer_capacity_gb: config["cache_buffer_capacity_gb"],
    enable_event_sync,
    use_layerwise,
    store: Object.keys(own).length > 0 ? own : undefined,
    extra: Object.keys(rest).length > 0 ? rest : undefined,
  });
}

/** Without what is not written. */
export const some = (fields: Readonly<Record<string, Json | undefined>>): Dict =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
