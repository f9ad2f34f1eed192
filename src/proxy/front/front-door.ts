import { setMaxListeners } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { ProxyError } from "../errors.ts";
import { type Desk, serveCompletion } from "./completion.ts";
import { METASERVER, metaserver } from "./metaserver.ts";
import { misread } from "./misread.ts";
import { enginesPages, pages, passOn } from "./pages.ts";
import { answerError } from "./reply.ts";
import { isServed, pathOf } from "./routes.ts";

const LAST_WORDS_MS = 500; // for the error events of what is broken off to reach clients that read

/** Lets requests in, up to the bound, and knows how many are inside. */
export class FrontDoor {
  readonly desk: Desk;
  readonly #server: Server;
  readonly #stopping = new AbortController();
  #serving = 0;

  constructor(server: Server, deskFor: (serving: () => number) => Desk) {
    this.desk = deskFor(() => this.#serving);
    this.#server = server;
    setMaxListeners(0, this.#stopping.signal); // as many as there are requests
    server.on("request", (req, res) => this.#open(req, res));
  }

  /** Lets nobody in any more; what is still inside after `graceMs` is broken off. Resolves when the last connection is closed. */
  async drain(graceMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const timers = [
      setTimeout(() => this.#stopping.abort(new ProxyError("proxy.stopping", {})), graceMs),
      setTimeout(() => this.#server.closeAllConnections(), graceMs + LAST_WORDS_MS),
    ];
    await closed;
    for (const timer of timers) clearTimeout(timer);
  }

  #open(req: IncomingMessage, res: ServerResponse): void {
    const path = pathOf(req);
    const unclear = misread(req);
    const refusal = unclear ?? this.#refusal(req.method ?? "", path);
    const page = pages.get(path);
    const { callbacks, config } = this.desk;
    const callsBack = path === METASERVER && config.family === "layerwise" && req.method === "POST";
    if (callsBack && !unclear) void metaserver(callbacks, req, res);
    else if (refusal) {
      this.desk.books.rejected.add({ fault: refusal.fault });
      const endpoint = isServed(path) ? path : "other"; // clients must not make up labels
      this.desk.books.requests.add({ endpoint, code: refusal.status, route: "pd" });
      answerError(res, refusal, unclear ? { connection: "close" } : {}); // where its body ends is unclear too
    } else if (req.method === "OPTIONS") void passOn({ desk: this.desk, req, res });
    else if (page) page({ desk: this.desk, stopping: !this.#server.listening, req, res });
    else this.#serve(req, res);
  }

  #refusal(method: string, path: string): ProxyError | undefined {
    const serves = isServed(path);
    if (!serves && !pages.has(path)) return new ProxyError("path.unknown", { method, path });
    const allow = serves ? ["POST", "OPTIONS"] : ["GET", "HEAD", ...(enginesPages.has(path) ? ["OPTIONS"] : [])];
    if (!allow.includes(method)) return new ProxyError("method.refused", { method, path, allow: allow.join(", ") });
    if (method === "OPTIONS") return undefined; // a browser's question before the call itself
    if (serves && !this.#server.listening) return new ProxyError("proxy.stopping", {});
    return serves ? this.desk.admission.refusal : undefined;
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    this.#serving++;
    res.on("close", () => {
      this.#serving--;
      if (!this.#server.listening) setImmediate(() => this.#server.closeIdleConnections());
    });
    serveCompletion(this.desk, req, res, this.#stopping.signal).catch((bug: unknown) => {
      this.desk.log.failed({}, { fault: "bug", error: bug });
      res.destroy(); // one request is lost; the others must not be
    });
  }
}
