import { createServer as createHttp } from "node:http";
import { createServer, type Server } from "node:net";
import { Fatal } from "./fatal.ts";
import type { Faults } from "./faults.ts";
import { misbehave } from "./misbehave.ts";

/** gflags of mooncake_master, with their defaults. Source: launch.md §3.11. */
const table = `
port 50051
max_threads 4
rpc_port 0
rpc_address 0.0.0.0
rpc_interface
rpc_thread_num 0
rpc_conn_timeout_seconds 0
rpc_enable_tcp_no_delay true
metrics_port 9003
enable_metric_reporting true
enable_http_metadata_server false
http_metadata_server_host 0.0.0.0
http_metadata_server_port 8080
default_kv_lease_ttl 10000
default_kv_soft_pin_ttl 1800000
allow_evict_soft_pinned_objects true
eviction_ratio 0.05
eviction_high_watermark_ratio 0.9
client_ttl 10
allocation_strategy random
memory_allocator offset
enable_offload false
root_fs_dir
global_file_segment_size 9223372036854775807
enable_disk_eviction true
quota_bytes 0
put_start_discard_timeout_sec 30
put_start_release_timeout_sec 600
max_total_finished_tasks 10000
max_total_pending_tasks 10000
max_total_processing_tasks 10000
pending_task_timeout_sec 300
processing_task_timeout_sec 300
enable_cxl false
cxl_path
cxl_size 0
config_path
enable_snapshot false
enable_ha false
etcd_endpoints
ha_backend_type etcd
ha_backend_connstring
cluster_id mooncake_cluster
enable_oplog false
v 0
minloglevel 0
logtostderr false
alsologtostderr false
log_dir`;
const flags: ReadonlyMap<string, string> = new Map(
  table
    .trim()
    .split("\n")
    .map((row) => {
      const [name = "", fallback = ""] = row.split(" ");
      return [name, fallback] as const;
    }),
);

/** Stands in for mooncake_master: its flags, its rpc port (open, silent), /health and /metrics on the metrics port. */
export async function mooncakeMaster(argv: readonly string[], faults: Faults): Promise<number> {
  const given = parse(argv);
  const value = (name: string) => given.get(name) ?? flags.get(name) ?? "";
  requireValues(value);
  const rpcPort = value("rpc_port") === "0" ? number("port", value("port")) : number("rpc_port", value("rpc_port"));
  const ended = new Promise<number>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"]) {
      process.on(signal, () => {
        if (!faults.ignoreTerm) resolve(0);
      });
    }
    misbehave(faults, { info: say, warning: say, error: say, plain: (text) => say("", text) }, resolve).ready();
  });
  const open: Server[] = [];
  open.push(
    await listen(
      createServer((socket) => socket.on("error", () => socket.destroy())),
      value("rpc_address"),
      rpcPort,
      "rpc",
    ),
  );
  open.push(await listen(pages(), "0.0.0.0", number("metrics_port", value("metrics_port")), "metrics"));
  if (value("enable_http_metadata_server") === "true") {
    const port = number("http_metadata_server_port", value("http_metadata_server_port"));
    open.push(await listen(pages(), value("http_metadata_server_host"), port, "http metadata"));
  }
  say(
    "master.cpp",
    `Master service started on port ${rpcPort}, max_threads=${value("max_threads")}, default_kv_lease_ttl=${value("default_kv_lease_ttl")}`,
  );
  const code = await ended;
  for (const server of open) server.close();
  return code;
}

/** gflags: one or two dashes, `=value` or the next word, booleans also alone and as `noNAME`; anything unknown ends with exit code 1. */
function parse(argv: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const match = /^--?([A-Za-z_]\w*)(?:=(.*))?$/s.exec((argv[at] ?? "").replaceAll("-", "_").replace(/^_+/, "--"));
    if (match === null) continue; // gflags leaves plain words to the program, which ignores them
    const [, name = ""] = match;
    const raw = argv[at] ?? "";
    const inline = raw.includes("=") ? raw.slice(raw.indexOf("=") + 1) : undefined;
    const known = flags.get(name);
    if (known === undefined && flags.get(name.replace(/^no/, "")) !== undefined)
      given.set(name.replace(/^no/, ""), "false");
    else if (known === undefined) throw new Fatal([`ERROR: unknown command line flag '${name}'`], 1);
    else if (inline !== undefined) given.set(name, inline);
    else if (known === "true" || known === "false") given.set(name, "true");
    else if (at + 1 < argv.length) given.set(name, argv[++at] ?? "");
    else throw new Fatal([`ERROR: flag '--${name}' is missing its argument`], 1);
  }
  return given;
}

function requireValues(value: (name: string) => string): void {
  const ratio = Number(value("eviction_ratio"));
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new Fatal(["F master.cpp] Eviction ratio must be between 0.0 and 1.0"], 134); // a fatal log line aborts
  }
  if (!/^\d+(ms|s|m|h)?$/.test(value("default_kv_lease_ttl"))) {
    throw new Fatal(
      [`ERROR: illegal value '${value("default_kv_lease_ttl")}' specified for uint64 flag 'default_kv_lease_ttl'`],
      1,
    );
  }
}

function number(name: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new Fatal([`ERROR: illegal value '${text}' specified for int32 flag '${name}'`], 1);
}

const pages = () =>
  createHttp((req, res) => {
    const page = req.url === "/health" ? "OK" : req.url?.startsWith("/metrics") ? METRICS : undefined;
    res.writeHead(page === undefined ? 404 : 200, { "content-type": "text/plain; version=0.0.4" });
    res.end(page ?? "not found");
  });

const METRICS =
  "# HELP master_active_clients Total number of active clients\n# TYPE master_active_clients gauge\nmaster_active_clients 0\n";

function listen<S extends Server>(server: S, host: string, port: number, what: string): Promise<S> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        new Fatal(
          [
            `E master.cpp] Failed to start the ${what} server on port ${port}: ${error.code === "EADDRINUSE" ? "Address already in use" : error.message}`,
          ],
          1,
        ),
      );
    });
    server.listen({ host, port }, () => resolve(server));
  });
}

const say = (where: string, text: string): void =>
  void process.stderr.write(`I ${where}${where === "" ? "" : "] "}${text}\n`);
