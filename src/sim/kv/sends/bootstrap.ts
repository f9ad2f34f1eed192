import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { engineRaised } from "../../fatal.ts";
import { isObject, type JsonObject, parseJson } from "../../json.ts";

interface Worker {
  readonly engineId: string;
  readonly dpRank: number;
  /** tcp://host:port */
  readonly addr: string;
}

/** The registry of a prefill's ranks: `/register` and `/query`. Source: vLLM 0.32, mooncake_utils.py. */
export class Bootstrap {
  private readonly entries = new Map<string, JsonObject>();
  private server: Server | undefined;

  async listen(port: number): Promise<void> {
    const server = createServer((req, res) => {
      const say = (status: number, body: unknown) =>
        res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      if (req.method === "GET" && req.url === "/query") say(200, Object.fromEntries(this.entries));
      else if (req.method !== "POST" || req.url !== "/register") say(404, { detail: "Not Found" });
      else {
        const chunks: Buffer[] = [];
        req.on("data", (chunk: Buffer) => chunks.push(chunk));
        req.on("end", () => {
          const refusal = this.register(parseJson(Buffer.concat(chunks).toString())?.value);
          say(refusal === undefined ? 200 : 400, refusal === undefined ? { status: "ok" } : { detail: refusal });
        });
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", ({ message }) => reject(engineRaised("OSError", message)));
      server.listen({ host: "0.0.0.0", port }, resolve);
    });
    this.server = server;
  }

  close(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private register(payload: unknown): string | undefined {
    if (!isObject(payload)) return "Input should be a valid dictionary";
    const { engine_id, dp_rank, tp_rank, pp_rank, addr } = payload;
    const known = this.entries.get(String(dp_rank));
    if (known !== undefined && known["engine_id"] !== engine_id)
      return `Engine ID mismatch for dp_rank=${String(dp_rank)}: expected ${String(known["engine_id"])}, got ${String(engine_id)}`;
    const worker_addr = { [String(tp_rank)]: { [String(pp_rank)]: addr } };
    this.entries.set(String(dp_rank), { engine_id, worker_addr });
    return undefined;
  }
}

const TRIES = 50;
const PAUSE_MS = 200;

/** A rank says where it is; the server may start later, on another node. */
export async function registerAt(host: string, port: number, { engineId, dpRank, addr }: Worker): Promise<void> {
  const payload = { engine_id: engineId, dp_rank: dpRank, tp_rank: 0, pp_rank: 0, addr };
  for (let left = TRIES; ; left--) {
    const answer = await fetch(`http://${host}:${port}/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(payload),
    }).catch(() => undefined); // not there yet
    if (answer?.ok) return;
    if (answer !== undefined) throw engineRaised("RuntimeError", `Mooncake bootstrap refused: ${await answer.text()}`);
    if (left === 0) throw engineRaised("RuntimeError", `Mooncake bootstrap server at ${host}:${port} does not answer`);
    await sleep(PAUSE_MS);
  }
}

/** Where the worker of an engine is, by what its bootstrap server says now. */
export async function workerOf(
  bootstrap: string,
  engineId: string,
): Promise<{ host: string; port: number } | undefined> {
  const answer = await fetch(`${bootstrap}/query`).catch(() => undefined); // said as an engine that is not found
  const known: unknown = answer?.ok ? await answer.json() : undefined;
  for (const entry of isObject(known) ? Object.values(known) : []) {
    if (!isObject(entry) || entry["engine_id"] !== engineId) continue;
    const [, host = "", port = ""] = /"tcp:\/\/([^"]+):(\d+)"/.exec(JSON.stringify(entry["worker_addr"])) ?? [];
    return { host, port: Number(port) };
  }
  return undefined;
}
