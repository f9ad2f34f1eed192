import { createServer, type Server } from "node:net";
import { Fatal } from "../fatal.ts";
import type { Faults } from "../faults.ts";
import { misbehave } from "../misbehave.ts";
import { aborted, isTrue, parse, requireValues, type Value } from "./flags.ts";
import { adminServer, metadataServer } from "./pages.ts";

/** Stands in for mooncake_master 0.3.13.post1: its flags and what it refuses, its ports in their order, its pages. Source: proxy-peers.md §4. */
export async function mooncakeMaster(argv: readonly string[], faults: Faults): Promise<number> {
  const value = parse(argv);
  requireValues(value);
  const ended = new Promise<number>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"]) {
      process.on(signal, () => {
        if (!faults.ignoreTerm) resolve(0);
      });
    }
    misbehave(faults, { info: say, warning: say, error: say, plain: (text) => say("", text) }, resolve).ready();
  });
  const open = await openAll(value);
  const code = await ended;
  for (const server of open) server.close();
  return code;
}

/** Metadata, then metrics with a health that is good at once, then rpc: when that is taken, it ends without a word. */
async function openAll(value: Value): Promise<readonly Server[]> {
  const rpcPort = value("rpc_port") === "0" ? port(value("port")) : port(value("rpc_port"));
  const metadata = await openMetadata(value);
  announce(value, rpcPort);
  const watermark = Number(value("eviction_high_watermark_ratio"));
  if (watermark < 0 || watermark > 1)
    throw new Fatal(
      [
        `E master_service.cpp] Eviction high watermark ratio must be between 0.0 and 1.0, current value: ${value("eviction_high_watermark_ratio")}`,
        "terminate called after throwing an instance of 'std::invalid_argument'",
        "  what():  Invalid eviction high watermark ratio",
      ],
      134,
    );
  const [host, metricsPort] = [value("metrics_host"), port(value("metrics_port"))];
  const metrics = await listen(adminServer(), host, metricsPort, (why) => {
    const where = `${host}:${metricsPort}`;
    return new Fatal([`E master_admin_service.cpp] Failed to start master admin server on ${where}: ${why}`], 1);
  });
  say("master_admin_service.cpp", `Master admin server started on port ${metricsPort}`);
  const closing = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", () => socket.end()); // whoever speaks HTTP to it is dropped
  });
  const rpc = await listen(closing, value("rpc_address"), rpcPort, () => new Fatal([], 1));
  return [...metadata, metrics, rpc];
}

/** It says that it listens on the host that it was given, and listens on all of them. */
async function openMetadata(value: Value): Promise<readonly Server[]> {
  if (!isTrue(value("enable_http_metadata_server"))) return [];
  const [host, at] = [value("http_metadata_server_host"), port(value("http_metadata_server_port"))];
  const server = await listen(metadataServer(), "0.0.0.0", at, () =>
    aborted(
      "Failed to start HTTP metadata server",
      `E http_metadata_server.cpp] Failed to start HTTP metadata server on ${host}:${at}`,
    ),
  );
  return [server];
}

function announce(value: Value, rpcPort: number): void {
  if (value("rpc_port") === "0") say("master.cpp", "port is deprecated, use rpc_port instead", "W");
  const shown = [
    "metrics_port",
    "default_kv_lease_ttl",
    "eviction_ratio",
    "eviction_high_watermark_ratio",
    "client_ttl",
  ];
  const settings = shown.map((name) => `${name}=${value(name)}`).join(", ");
  say("master.cpp", `Master service started on port ${rpcPort}, ${settings}, rpc_port=${rpcPort}`);
}

/** Ports are taken modulo 65536, as the program does. */
const port = (text: string): number => ((Number(text) % 65_536) + 65_536) % 65_536;

function listen(server: Server, host: string, at: number, refusal: (why: string) => Fatal): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(refusal(error.code === "EADDRINUSE" ? "Address already in use" : error.message)),
    );
    server.listen({ host, port: at }, () => resolve(server));
  });
}

const say = (where: string, text: string, level = "I"): void =>
  void process.stderr.write(`${level} ${where}${where === "" ? "" : "] "}${text}\n`);
