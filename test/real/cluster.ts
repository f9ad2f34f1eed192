import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, type In, run } from "../cli/run-pdctl.ts";
import { models, venv } from "./place.ts";

const topology = join(import.meta.dirname, "../../topologies/local-vllm-cpu.yaml");

export interface Cluster extends AsyncDisposable {
  readonly proxy: string;
  readonly prefill: string;
  readonly decode: string;
  /** The verb on this cluster, with the launcher's and the node's state in a home of its own. */
  pdctl(verb: string, ...options: readonly string[]): Promise<Ended>;
  /** The same, while `hear` gets its stdout as it comes, and may end it. */
  pdctlHeard(hear: NonNullable<In["hear"]>, verb: string, ...options: readonly string[]): Promise<Ended>;
  /** The process of a service that answers, as status knows it. */
  server(service: string): Promise<number>;
  /** The engine cores of a service: vLLM's own processes behind its server. */
  cores(service: string): readonly number[];
  /** What is still there of it: processes, listeners, directories, files in /dev/shm and /tmp. */
  leftovers(): Promise<readonly string[]>;
}

interface Row {
  readonly service: string;
  readonly pid: number | null;
}

/** One prefill and one decode engine of topologies/local-vllm-cpu.yaml on ports that only tests have. Nothing runs yet. */
export function cluster(name: string, base = 27_000): Cluster {
  const home = mkdtempSync(join(tmpdir(), "pdctl-real-"));
  const ports = { proxy: base, prefill: base + 100, decode: base + 200, side: base + 300 };
  const before = new Set(litter());
  const set = Object.entries({
    name,
    "engine.venv": venv,
    "model.path": models.dense,
    "proxy.port": ports.proxy,
    "prefill.port": ports.prefill,
    "decode.port": ports.decode,
    "kv.transfer.side_channel_port": ports.side,
  }).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const pdctlHeard: Cluster["pdctlHeard"] = (hear, verb, ...options) =>
    run([verb, topology, ...set, ...options], { cwd: home, env: { NO_COLOR: "1" }, hear });
  const pdctl: Cluster["pdctl"] = (verb, ...options) => pdctlHeard(() => undefined, verb, ...options);
  return {
    proxy: `http://127.0.0.1:${ports.proxy}`,
    prefill: `http://127.0.0.1:${ports.prefill}`,
    decode: `http://127.0.0.1:${ports.decode}`,
    pdctl,
    pdctlHeard,
    async server(service) {
      const { services } = JSON.parse((await pdctl("status", "--json")).out) as { services: readonly Row[] };
      const pid = services.find((one) => one.service === service)?.pid ?? null;
      if (pid === null) throw new Error(`${service} does not run`);
      return pid;
    },
    cores: (service) =>
      marked(home, service)
        .filter((line) => line.includes("VLLM::EngineCore"))
        .map((line) => Number.parseInt(line, 10)),
    leftovers: async () => [
      ...marked(home),
      ...(await listening([...Object.values(ports), ports.side + 1])),
      ...litter().filter((file) => !before.has(file)),
      ...(existsSync(join(home, ".pdctl")) ? readdirSync(join(home, ".pdctl")) : []),
    ],
    async [Symbol.asyncDispose]() {
      await pdctl("down", "--discard-logs", "--grace", "5s");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Processes that carry the mark of this home in their environment, or that of one service too, as `PID command`. */
function marked(home: string, service?: string): readonly string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const [environ, command] = ["environ", "cmdline"].map((file) => read(`/proc/${pid}/${file}`));
      const run = /(?:^|\0)PDCTL_RUN=[^\0]*\/([^\0/]+)/.exec(environ ?? "")?.[1];
      const ours = environ?.includes(`PDCTL_HOME=${home}`) === true && (service === undefined || run === service);
      return ours ? [`${pid} ${command?.replaceAll("\0", " ")}`] : [];
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // it ended just now, or is somebody else's
  }
}

async function listening(ports: readonly number[]): Promise<readonly string[]> {
  const open = await Promise.all(
    ports.map(
      (port) =>
        new Promise<boolean>((resolve) => {
          const socket = createConnection({ port, host: "127.0.0.1" });
          socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
          socket.once("connect", () => socket.destroy());
        }),
    ),
  );
  return ports.filter((_, at) => open[at]).map((port) => `port ${port}`);
}

/** What engines leave where everybody may write. */
const litter = (): readonly string[] =>
  ["/tmp", "/dev/shm"].flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => LEFT.test(name))
      .map((name) => join(directory, name)),
  );

const LEFT = /^(pdctl-real[a-z-]*-(prefill|decode)|vllm_dist_|psm_|torch_|sem\.mp-|pymp-)/;
