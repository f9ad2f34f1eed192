import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { raised } from "../fatal.ts";
import type { Faults } from "../faults.ts";
import type { Log } from "../log.ts";
import type { EngineConfig } from "../start/config.ts";
import type { Balancer } from "./balancer.ts";
import { complete } from "./completions.ts";
import { metricsPage } from "./metrics.ts";
import type { OpenRequests } from "./open-requests.ts";
import { errorBody, HttpError, readBody, requireJson, sendJson } from "./reply.ts";
import { detokenized, tokenized } from "./tokenize.ts";

/** One HTTP endpoint and what stands behind it. */
export interface Front {
  readonly config: EngineConfig;
  readonly faults: Faults;
  readonly log: Log;
  readonly balancer: Balancer;
  readonly open: OpenRequests;
  readonly startedAt: number;
}

/**
 * Whether the port can be had, before anything is loaded: a clash ends the start at once. The real one binds and does not listen yet, so
 * that connections are refused until it is ready; Node cannot do that, so the port is let go again and taken when all is ready.
 */
export async function requirePort(host: string | undefined, port: number): Promise<void> {
  const server = createServer();
  await listen(server, host, port);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

export async function serveHttp(front: Front, port: number): Promise<Server> {
  const server = createServer((req, res) => {
    front.open.add(res);
    answer(req, res, front).catch((error: unknown) => fail(res, error, front));
  });
  server.keepAliveTimeout = 5_000; // uvicorn's
  server.on("clientError", (_, socket) => socket.destroy());
  await listen(server, front.config.host, port);
  return server;
}

function listen(server: Server, host: string | undefined, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const known = {
        EADDRINUSE: "[Errno 98] Address already in use",
        EADDRNOTAVAIL: "[Errno 99] Cannot assign requested address",
      };
      const words = error.code === "EADDRINUSE" || error.code === "EADDRNOTAVAIL" ? known[error.code] : error.message;
      reject(raised("OSError", words));
    });
    server.listen({ port, host: host ?? "0.0.0.0" }, () => resolve());
  });
}

async function answer(req: IncomingMessage, res: ServerResponse, front: Front): Promise<void> {
  const { config, balancer, faults, log } = front;
  const path = new URL(req.url ?? "/", "http://engine").pathname;
  res.setHeader("server", "uvicorn");
  res.setHeader("vary", "Origin");
  res.once("finish", () => {
    if (!config.accessLog || config.quietPaths.has(path)) return;
    log.plain(
      `INFO:     ${req.socket.remoteAddress ?? "-"}:${req.socket.remotePort ?? 0} - "${req.method} ${req.url} HTTP/${req.httpVersion}" ${res.statusCode} ${STATUS_CODES[res.statusCode] ?? ""}`,
    );
  });
  if (!allowed(req, path, config)) {
    sendJson(res, 401, { error: "Unauthorized" });
    return;
  }
  const route = `${req.method} ${path}`;
  switch (route) {
    case "GET /health":
      res.writeHead(faults.unhealthy || balancer.dead ? 503 : 200, { "content-length": 0 });
      res.end();
      return;
    case "GET /v1/models":
      sendJson(res, 200, { object: "list", data: config.servedNames.map((id) => modelCard(id, front)) });
      return;
    case "GET /version":
      sendJson(res, 200, { version: config.version });
      return;
    case "GET /load":
      sendJson(res, 200, { server_load: balancer.ranks.reduce((sum, rank) => sum + rank.running, 0) });
      return;
    case "GET /metrics": {
      const page = Buffer.from(metricsPage(balancer.ranks, config.servedNames[0] ?? config.model, front.startedAt));
      res.writeHead(200, { "content-type": "text/plain; version=1.0.0; charset=utf-8", "content-length": page.length });
      res.end(page);
      return;
    }
    case "POST /v1/completions":
      return complete(req, res, false, front);
    case "POST /v1/chat/completions":
      return complete(req, res, true, front);
    case "POST /tokenize":
    case "POST /detokenize": {
      requireJson(req);
      const body = await readBody(req);
      sendJson(res, 200, path === "/tokenize" ? tokenized(body, config) : detokenized(body, config));
      return;
    }
    case "GET /ping":
    case "POST /ping":
      res.writeHead(balancer.dead ? 503 : 200, { "content-length": 0 });
      res.end();
      return;
    default: {
      const method = methods.get(path);
      if (method === undefined) sendJson(res, 404, { detail: "Not Found" });
      else sendJson(res, 405, { detail: "Method Not Allowed" }, { allow: method });
    }
  }
}

const methods: ReadonlyMap<string, string> = new Map([
  ...["/health", "/v1/models", "/version", "/load", "/metrics"].map((path) => [path, "GET"] as const),
  ...["/v1/completions", "/v1/chat/completions", "/tokenize", "/detokenize"].map((path) => [path, "POST"] as const),
]);

const modelCard = (id: string, { config, startedAt }: Front) => ({
  id,
  object: "model",
  created: Math.floor(startedAt / 1000),
  owned_by: "vllm",
  root: config.model,
  parent: null,
  max_model_len: config.maxModelLen,
  permission: [
    {
      id: `modelperm-${randomBytes(8).toString("hex")}`,
      object: "model_permission",
      created: Math.floor(startedAt / 1000),
      allow_create_engine: false,
      allow_sampling: true,
      allow_logprobs: true,
      allow_search_indices: false,
      allow_view: true,
      allow_fine_tuning: false,
      organization: "*",
      group: null,
      is_blocking: false,
    },
  ],
});

/** Only /v1 asks for the key. */
function allowed(req: IncomingMessage, path: string, { apiKeys }: EngineConfig): boolean {
  if (apiKeys.length === 0 || !path.startsWith("/v1")) return true;
  const [scheme, key] = (req.headers.authorization ?? "").split(" ");
  return scheme?.toLowerCase() === "bearer" && key !== undefined && apiKeys.includes(key);
}

function fail(res: ServerResponse, error: unknown, { log }: Front): void {
  if (res.destroyed) return;
  if (res.headersSent) {
    res.destroy();
    return;
  }
  if (!(error instanceof HttpError))
    log.error("serving.py", error instanceof Error ? (error.stack ?? error.message) : String(error));
  const shown = error instanceof HttpError ? error : new HttpError(500, "Internal server error", "InternalServerError");
  sendJson(res, shown.status, errorBody(shown));
}
