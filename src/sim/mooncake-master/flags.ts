import { Fatal } from "../fatal.ts";

type Kind = "bool" | "int32" | "uint32" | "int64" | "uint64" | "double" | "string";

/** Flags of mooncake_master 0.3.13.post1 by type, each with its default, and glog's. From its `--help`; the number of threads is the machine's. */
const table: Readonly<Record<Kind, string>> = {
  bool: `
allow_evict_soft_pinned_objects=true enable_cxl=false enable_disk_eviction=true enable_ha=false
enable_http_metadata_server=false enable_kv_events=false enable_metadata_cleanup_on_timeout=false
enable_metric_reporting=true enable_multi_tenants=false enable_offload=false enable_oplog=false enable_snapshot=false
enable_snapshot_restore=false kv_events_emit_legacy_compat=true kv_events_emit_object_key=true
offload_force_evict=false offload_on_evict=false promotion_on_hit=false rpc_enable_tcp_no_delay=true
use_mmap_arena_allocator=false alsologtostderr=false colorlogtostderr=false logtostderr=false log_prefix=true
stop_logging_if_full_disk=false`,
  int32: `
http_metadata_server_port=8080 max_threads=4 metrics_port=9003 oplog_poll_interval_ms=1000 port=50051
rpc_conn_timeout_seconds=0 rpc_port=0 rpc_thread_num=0 logbuflevel=0 logbufsecs=30 max_log_size=1800 minloglevel=0
stderrthreshold=2 v=0`,
  uint32: `
batch_oplog_retry_timeout_sec=180 dynamic_replication_heat_window_seconds=10 kv_events_block_size=0
kv_events_dp_rank=0 kv_events_queue_capacity=65536 max_retry_attempts=10 max_total_finished_tasks=10000
max_total_pending_tasks=10000 max_total_processing_tasks=10000 nof_heartbeat_failures_threshold=3
nof_heartbeat_probe_timeout_ms=1000 oplog_batch_max_entries=1024 promotion_admission_threshold=2
promotion_max_per_heartbeat=1 promotion_queue_limit=50000 snapshot_retention_count=2`,
  int64: `
client_ttl=10 global_file_segment_size=9223372036854775807 nof_heartbeat_interval_sec=10`,
  uint64: `
cxl_size=8589934592 dynamic_replication_max_memory_replicas=2 offloading_queue_limit=50000
pending_task_timeout_sec=300 processing_task_timeout_sec=300 put_start_discard_timeout_sec=30
put_start_release_timeout_sec=600 quota_bytes=0 snapshot_child_timeout_seconds=300 snapshot_interval_seconds=600
mmap_arena_pool_size=8589934592`,
  double: `
dynamic_replication_admission_qps_threshold=0.8 eviction_high_watermark_ratio=0.9 eviction_ratio=0.05
nof_eviction_high_watermark_ratio=0.9 nof_eviction_ratio=0.05 offload_cap_ratio=0.5`,
  string: `
allocation_strategy=random cluster_id=mooncake_cluster config_path cxl_path=/dev/dax0.0 default_kv_lease_ttl=10000
default_kv_soft_pin_ttl=1800000 dynamic_replication_mode=off etcd_endpoints ha_backend_connstring ha_backend_type=etcd
http_metadata_server_host=0.0.0.0 kv_events_additional_salt kv_events_backend_id kv_events_bind_endpoint
kv_events_lora_name kv_events_model_name kv_events_tenant_id=default max_kv_soft_pin_ttl=86400000
memory_allocator=offset metrics_host=0.0.0.0 pod_name pod_namespace root_fs_dir rpc_address=0.0.0.0 rpc_interface
snapshot_backup_dir snapshot_catalog_backend_connstring snapshot_catalog_backend_type
snapshot_catalog_store_connstring snapshot_catalog_store_type snapshot_object_store_type snapshot_payload_backend_type
snapshot_payload_store_type tenant_quota_connector_type=file tenant_quota_connector_uri log_dir vmodule`,
};

interface Flag {
  readonly kind: Kind;
  readonly fallback: string;
}

const flags: ReadonlyMap<string, Flag> = new Map(
  (Object.keys(table) as Kind[]).flatMap((kind) =>
    table[kind]
      .trim()
      .split(/\s+/)
      .map((word): [string, Flag] => {
        const [name = "", fallback = ""] = word.split("=");
        return [name, { kind, fallback }];
      }),
  ),
);

/** A flag's value: what was given, else its default. */
export type Value = (name: string) => string;

/** As gflags reads them: one or two dashes, `=value` or the next word; a boolean never takes the next word. What it cannot read ends with exit code 1. */
export function parse(argv: readonly string[]): Value {
  const given = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const [, dashes = "", name = "", inline] = /^(--?)([A-Za-z]\w*)(?:=(.*))?$/s.exec(argv[at] ?? "") ?? [];
    if (dashes === "") continue; // plain words are left to the program, which ignores them
    const known = flags.get(name);
    const negative = flags.get(name.replace(/^no/, ""));
    if (known === undefined && negative !== undefined && inline === undefined) {
      if (negative.kind !== "bool")
        throw refused(`boolean value (${name}) specified for ${negative.kind} command line flag`);
      given.set(name.slice(2), "false");
    } else if (known === undefined) throw refused(`unknown command line flag '${name}'`);
    else if (inline !== undefined) given.set(name, fitting(name, known.kind, inline));
    else if (known.kind === "bool") given.set(name, "true");
    else if (at + 1 < argv.length) given.set(name, fitting(name, known.kind, argv[++at] ?? ""));
    else throw refused(`flag '${dashes}${name}' is missing its argument`);
  }
  return (name) => given.get(name) ?? flags.get(name)?.fallback ?? "";
}

const refused = (complaint: string, ...before: readonly string[]) => new Fatal([...before, `ERROR: ${complaint}`], 1);

function fitting(name: string, kind: Kind, text: string): string {
  if (!reads[kind](text)) throw refused(`illegal value '${text}' specified for ${kind} flag '${name}'`);
  if (/_(lease|pin)_ttl$/.test(name) && !/^\d+(ms|s|m|h)?$/.test(text))
    throw refused(
      `failed validation of new value '${text}' for flag '${name}'`,
      `E master.cpp] Invalid value for --${name}: ${text}. duration must start with a non-negative integer and may use ms, s, m, or h as the unit suffix`,
    );
  return text;
}

const whole = (least: bigint, most: bigint) => (text: string) =>
  /^-?\d+$/.test(text) && BigInt(text) >= least && BigInt(text) <= most;
const reads: Readonly<Record<Kind, (text: string) => boolean>> = {
  bool: (text) => /^(1|0|t|f|true|false|y|n|yes|no)$/i.test(text),
  int32: whole(-(2n ** 31n), 2n ** 31n - 1n),
  uint32: whole(0n, 2n ** 32n - 1n),
  int64: whole(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: whole(0n, 2n ** 64n - 1n),
  double: (text) => text.trim() !== "" && Number.isFinite(Number(text)),
  string: () => true,
};

/** What is not false to gflags. */
export const isTrue = (text: string): boolean => /^(1|t|true|y|yes)$/i.test(text);

/** What the program itself refuses, by a fatal line of glog: that aborts. */
export function requireValues(value: Value): void {
  const ratio = Number(value("eviction_ratio"));
  if (ratio < 0 || ratio > 1) throw aborted("Mem eviction ratio must be between 0.0 and 1.0");
  if (!["offset", "cachelib"].includes(value("memory_allocator")))
    throw aborted(`Invalid memory allocator: ${value("memory_allocator")}, must be 'cachelib' or 'offset'`);
  if (isTrue(value("enable_ha")) && value("ha_backend_connstring") === "" && value("etcd_endpoints") === "")
    throw aborted(
      `HA backend connection string must be set when enable_ha is true, backend_type=${value("ha_backend_type")}. Only backend_type=etcd may fall back to etcd_endpoints`,
    );
}

export const aborted = (text: string, ...before: readonly string[]): Fatal =>
  new Fatal([...before, `F master.cpp] ${text}`, "*** Check failure stack trace: ***"], 134);
