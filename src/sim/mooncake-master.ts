import { createServer as createHttp } from "node:http";
import { createServer, type Server } from "node:net";
import { Fatal } from "./fatal.ts";
import type { Faults } from "./faults.ts";
import { misbehave } from "./misbehave.ts";

/** gflags of mooncake_master, with their defaults. Source: launch.md §3.11. */
const flags: ReadonlyMap<string, string> = new Map(
  Object.entries({
    port: "0",
    rpc_port: "50051",
    rpc_address: "0.0.0.0",
    rpc_interface: "",
    rpc_thread_num: "0",
    rpc_conn_timeout_seconds: "0",
    rpc_enable_tcp_no_delay: "true",
    max_threads: "4",
    metrics_port: "9003",
    enable_metric_reporting: "true",
    enable_http_metadata_server: "false",
    http_metadata_server_host: "0.0.0.0",
    http_metadata_server_port: "8080",
    default_kv_lease_ttl: "10000",
    default_kv_soft_pin_ttl: "1800000",
    allow_evict_soft_pinned_objects: "true",
    eviction_ratio: "0.05",
    eviction_high_watermark_ratio: "0.9",
    client_ttl: "10",
    allocation_strategy: "random",
    memory_allocator: "offset",
    enable_offload: "false",
    root_fs_dir: "",
    config_path: "",
    enable_snapshot: "false",
    enable_ha: "false",
    etcd_endpoints: "",
    ha_backend_type: "etcd",
    ha_backend_connstring: "",
    cluster_id: "mooncake_cluster",
    enable_oplog: "false",
    v: "0",
    logtostderr: "false",
    alsologtostderr: "false",
    log_dir: "",
    minloglevel: "0",
  }),
);

/** Stands in for mooncake_master: its flags, its rpc port (open, silent), /health and /metrics on the metrics port. */
export async function mooncakeMaster(argv: readonly string[], faults: Faults): Promise<number> {
  const given = parse(argv);
  const value = (name: string) => given.get(name) ?? flags.get(name) ?? "";
  requireRatios(value);
  const rpcPort = value("port") === "0" ? number("rpc_port", value("rpc_port")) : number("port", value("port"));
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
  if (value("enable_metric_reporting") !== "false" || given.has("metrics_port")) {
    open.push(await listen(pages(), "0.0.0.0", number("metrics_port", value("metrics_port")), "metrics"));
  }
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

function requireRatios(value: (name: string) => string): void {
  for (const name of ["eviction_ratio", "eviction_high_watermark_ratio"]) {
    const ratio = Number(value(name));
    if (!(ratio >= 0 && ratio <= 1))
      throw new Fatal([`F master.cpp] ${name} must be between 0.0 and 1.0, current value: ${value(name)}`], 134);
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
