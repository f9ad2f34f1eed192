import { spawn } from "node:child_process";
import { createServer } from "node:net";

/** What can be seen of a mooncake_master from outside; the real one and its stand-in are held to the same. */
export interface Observed {
  readonly refusals: Readonly<Record<string, { readonly exit: string; readonly lines: readonly string[] }>>;
  readonly pages: Readonly<Record<string, readonly [status: number, type: string | null, body: string]>>;
  readonly metrics: readonly string[];
  readonly rpcPortTaken: { readonly exit: string; readonly lines: readonly string[]; readonly saidStarted: boolean };
  readonly ended: { readonly SIGTERM: string; readonly SIGINT: string };
}

/** Command lines that one master refuses and another may not. */
const refused = [
  "--nope 1",
  "--port",
  "--port abc",
  "--enable_ha=maybe",
  "--client_ttl 1.5",
  "--max_threads 99999999999",
  "--eviction_ratio abc",
  "--eviction_ratio 2",
  "--eviction_high_watermark_ratio 7",
  "--memory_allocator foo",
  "--default_kv_lease_ttl x",
  "--default_kv_soft_pin_ttl -1",
  "--enable_ha",
  "--noport 1",
];

const asked: readonly [method: string, where: "metrics" | "metadata", path: string][] = [
  ["GET", "metrics", "/health"],
  ["GET", "metrics", "/role"],
  ["GET", "metrics", "/ha_status"],
  ["GET", "metrics", "/leader"],
  ["GET", "metrics", "/get_all_keys"],
  ["GET", "metrics", "/get_all_segments"],
  ["GET", "metrics", "/get_segments_detail"],
  ["GET", "metrics", "/query_key?key=a"],
  ["GET", "metrics", "/query_segment?segment=a"],
  ["GET", "metrics", "/version"],
  ["POST", "metrics", "/health"],
  ["GET", "metadata", "/health"],
  ["GET", "metadata", "/metadata"],
  ["GET", "metadata", "/metadata?key=a"],
  ["PUT", "metadata", "/metadata?key=a"],
  ["GET", "metadata", "/metadata?key=a"],
  ["DELETE", "metadata", "/metadata?key=a"],
  ["GET", "metadata", "/metadata?key=a"],
  ["GET", "metadata", "/"],
];

type Ports = readonly [rpc: number, metrics: number, metadata: number];

/** Starts `command` as mooncake_master again and again. `freePort` gives a port that nobody has. */
export async function observe(command: readonly string[], freePort: () => Promise<number>): Promise<Observed> {
  const ports: Ports = [await freePort(), await freePort(), await freePort()];
  const refusals: Record<string, Observed["refusals"][string]> = {};
  for (const words of refused) {
    const { exit, lines } = await run(command, [...base(ports), ...words.split(" ")]).ended;
    refusals[words] = { exit, lines };
  }
  const first = await ready(command, ports);
  const pages: Record<string, Observed["pages"][string]> = {};
  for (const [method, where, path] of asked) {
    const port = where === "metrics" ? ports[1] : ports[2];
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(method === "PUT" && { body: "kept" }) });
    pages[`${Object.keys(pages).length + 1} ${method} ${where} ${path}`] = [
      reply.status,
      reply.headers.get("content-type"),
      await reply.text(),
    ];
  }
  const page = await (await fetch(`http://127.0.0.1:${ports[1]}/metrics`)).text();
  const metrics = page
    .split("\n")
    .filter((line) => line.startsWith("# TYPE "))
    .map((line) => line.slice(7));
  first.kill("SIGTERM");
  const sigterm = (await first.ended).exit;
  const second = await ready(command, ports);
  second.kill("SIGINT");
  const sigint = (await second.ended).exit;
  const thief = createServer().listen(ports[0], "0.0.0.0");
  const { exit, lines, all } = await run(command, base(ports)).ended;
  thief.close();
  return {
    refusals,
    pages,
    metrics: metrics.toSorted(),
    rpcPortTaken: { exit, lines, saidStarted: all.includes("Master service started on port PORT") },
    ended: { SIGTERM: sigterm, SIGINT: sigint },
  };
}

const base = ([rpc, metrics, metadata]: Ports) => [
  ...["--rpc_port", String(rpc), "--metrics_port", String(metrics), "--enable_http_metadata_server=true"],
  ...["--http_metadata_server_port", String(metadata)],
];

async function ready(command: readonly string[], ports: Ports) {
  const master = run(command, base(ports));
  for (const until = performance.now() + 20_000; ; ) {
    const up = await Promise.all(
      ports.slice(1).map((port) =>
        fetch(`http://127.0.0.1:${port}/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    if (up.every(Boolean)) return master;
    if (performance.now() > until) throw new Error("the master does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function run([file = "", ...head]: readonly string[], args: readonly string[]) {
  const child = spawn(file, [...head, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const ended = new Promise<{ exit: string; lines: readonly string[]; all: string }>((resolve) => {
    child.on("close", (code, signal) => {
      const all = plain(text);
      resolve({
        exit: signal ?? String(code),
        lines: all.split("\n").filter((line) => /^(E |F |ERROR)/.test(line)),
        all,
      });
    });
  });
  return { kill: (signal: NodeJS.Signals) => void child.kill(signal), ended };
}

/** Without times, threads, line numbers, ports, and what gflags explains of a flag. */
const plain = (text: string) =>
  text
    .replaceAll(/^([IWEF])\d{4} \S+ +\d+ ([\w.]+):\d+\]/gm, "$1 $2]")
    .replaceAll(/\b(on port |:)\d{4,5}\b/g, "$1PORT")
    .replaceAll(/; flag description:.*$/gm, "");
