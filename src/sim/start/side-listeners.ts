import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { engineRaised } from "../fatal.ts";
import type { JsonObject } from "../json.ts";
import { type Listener, listenZmq } from "../kv/listen.ts";

/** The socket between front-end and engines, where a directory for it is named; a SIGKILL leaves its file behind, as with vLLM. */
export async function openIpc(env: NodeJS.ProcessEnv): Promise<readonly Listener[]> {
  const { VLLM_RPC_BASE_PATH: directory } = env;
  if (directory === undefined || directory === "") return [];
  const path = join(directory, randomUUID());
  if (path.length > LONGEST) {
    throw engineRaised(
      "zmq.error.ZMQError",
      `ipc path "${path}" is longer than ${LONGEST} characters (sizeof(sockaddr_un.sun_path)).`,
    );
  }
  if (!existsSync(directory))
    throw engineRaised(
      "zmq.error.ZMQError",
      `No such file or directory for ipc path "${path}". (addr='ipc://${path}')`,
    );
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(engineRaised("zmq.error.ZMQError", `${error.message} (addr='ipc://${path}')`)),
    );
    server.listen(path, () => resolve());
  });
  return [{ port: 0, close: () => void server.close() }];
}

const LONGEST = 107;

/** The publisher of KV events of each rank, where it is switched on: base port + rank. Source: launch.md §2.1. */
export async function openEvents(
  config: JsonObject | undefined,
  ranks: readonly number[],
): Promise<readonly Listener[]> {
  if (config?.enable_kv_cache_events !== true || config.publisher === "null") return [];
  const endpoint = typeof config.endpoint === "string" ? config.endpoint : "tcp://*:5557";
  const match = /^tcp:\/\/(.+):(\d+)$/.exec(endpoint);
  if (match === null) return [];
  const [, host = "*", port = "5557"] = match;
  const at = host === "*" ? "0.0.0.0" : host;
  return Promise.all(ranks.map((rank) => listenZmq(at, Number(port) + rank, (socket) => void socket.resume())));
}
