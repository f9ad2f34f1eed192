import type { IncomingMessage, ServerResponse } from "node:http";
import { adminRefusal } from "../admin/access.ts";
import { adminPages } from "../admin/pages.ts";
import { refusedLine } from "../books/request-line.ts";
import { ProxyError } from "../errors.ts";
import { LetGo } from "../signal.ts";
import { type Desk, serveCompletion } from "./completion.ts";
import { type Keys, presented, withoutKeys } from "./keys.ts";
import type { Server } from "./listener.ts";
import { METASERVER, metaserver } from "./metaserver.ts";
import { misread } from "./misread.ts";
import { pages, passOn } from "./pages.ts";
import { closeWithConnection } from "./queued.ts";
import { answerError } from "./reply.ts";
import { isServed, pathOf } from "./routes.ts";
import { storedResponse } from "./stored-response.ts";
import { unreadBodies } from "./unread-body.ts";
import type { Answering, Office, Page } from "./visit.ts";

const LAST_WORDS_MS = 500; // for the error events of what is broken off to reach clients that read

/** Lets requests in, up to the bound, and knows how many are inside. */
export class FrontDoor {
  readonly desk: Desk;
  /** New ones hold for what comes from then on. */
  keys: Keys;
  readonly #office: Office;
  readonly #server: Server;
  readonly #stopping = new LetGo();
  readonly #hurry = new AbortController();
  /** Completions, and all requests. */
  #serving = 0;
  #inside = 0;
  #leaves = false;
  /** Nobody is let in any more. */
  #isShut = false;

  constructor(server: Server, { desk, office, keys }: { desk: Desk; office: Office; keys: Keys }) {
    this.desk = desk;
    this.keys = keys;
    this.#office = office;
    this.#server = server;
    server.on("request", (req: IncomingMessage, res: ServerResponse) => this.#open(req, res));
  }

  /** Completions that are being served. */
  get serving(): number {
    return this.#serving;
  }

  /**
   * Says no at /health for `noticeMs`, then lets nobody in any more; what is still inside after `graceMs` is broken off. Resolves when the last
   * connection is closed. Source: proxy-protocols.md §3.9, §3.3 R13
   */
  async drain({ graceMs, noticeMs }: { graceMs: number; noticeMs: number }): Promise<void> {
    this.#leaves = true;
    if (noticeMs > 0) await over(noticeMs, this.#hurry.signal);
    this.#isShut = true;
    const grace = over(graceMs, this.#hurry.signal);
    await Promise.race([grace, this.desk.callbacks.none()]); // decode engines call over connections of their own
    const closed = new Promise((resolve) => this.#server.close(resolve));
    void closed.then(() => this.hurry());
    this.#closeSilent();
    await grace;
    this.#stopping.abort(new ProxyError("proxy.stopping", {}));
    const last = setTimeout(() => this.#server.closeAllConnections(), LAST_WORDS_MS);
    await closed;
    clearTimeout(last);
  }

  /** Ends at once what `drain` waits for. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Connections that ask for nothing, once nobody is inside any more: some say nothing for hours. */
  #closeSilent(): void {
    if (this.#inside === 0) this.#server.closeAllConnections();
    else this.#server.closeIdleConnections();
  }

  #open(req: IncomingMessage, res: ServerResponse): void {
    this.#inside++;
    res.on("close", () => {
      this.#inside--;
      if (!this.#server.listening) setImmediate(() => this.#closeSilent());
    });
    closeWithConnection(req, res);
    const path = pathOf(req);
    const page = pages.get(path) ?? adminPages.get(path) ?? unreadBodies.get(path) ?? storedResponse(path);
    const unclear = misread(req);
    const refusal = unclear ?? this.#refusal(req, path, page);
    const { callbacks, config } = this.desk;
    const callsBack = path === METASERVER && config.family === "layerwise" && req.method === "POST";
    req.headers = withoutKeys(req.headers, this.keys);
    if (unclear) res.setHeader("connection", "close"); // where its body ends is unclear too
    if (callsBack && !unclear) void metaserver(callbacks, req, res);
    else if (refusal) this.#refuse(res, path, refusal);
    else if (page?.access === "admin") void this.#answerAdmin(methodOf(req, page), req, res);
    else if (page) void this.#answer(methodOf(req, page), req, res);
    else if (req.method === "OPTIONS") void this.#answer(passOn, req, res);
    else this.#serve(req, res);
  }

  #refuse(res: ServerResponse, path: string, refusal: ProxyError): void {
    const endpoint = isServed(path) ? path : "other"; // clients must not make up labels
    this.desk.books.rejected.add({ fault: refusal.fault });
    this.desk.books.requests.add({ endpoint, code: refusal.status, route: "pd" });
    if (this.desk.config.request_log && isServed(path)) this.desk.log.request(refusedLine(path, refusal));
    answerError(res, refusal, refusal.status === 401 ? { "www-authenticate": "Bearer" } : {});
  }

  #refusal(req: IncomingMessage, path: string, page: Page | undefined): ProxyError | undefined {
    const { method = "" } = req;
    const serves = isServed(path);
    if (!serves && !page) return new ProxyError("path.unknown", { method, path });
    const allowed = page ? Object.keys(page.methods) : ["POST", "OPTIONS"];
    const allow = allowed.flatMap((each) => (each === "GET" ? ["GET", "HEAD"] : [each]));
    if (!allow.includes(method)) return new ProxyError("method.refused", { method, path, allow: allow.join(", ") });
    if (page?.access === "admin") return adminRefusal(req, this.keys.admin);
    if (method === "OPTIONS") return undefined; // a browser's question before the call itself, and without its key
    if ((serves || page?.access === "client") && !this.#isClient(req)) return new ProxyError("key.wrong", {});
    if (serves && this.#isShut) return new ProxyError("proxy.stopping", {});
    return serves ? this.desk.admission.refusal : undefined;
  }

  #isClient({ headers }: IncomingMessage): boolean {
    const { clients } = this.keys;
    return clients === undefined || presented(headers).some((key) => clients.has(key));
  }

  async #answer(answering: Answering | undefined, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const visit = { desk: this.desk, office: this.#office, stopping: this.#leaves, serving: this.#serving, req, res };
    try {
      await answering?.(visit);
    } catch (error) {
      if (!(error instanceof ProxyError)) this.desk.log.failed({}, { fault: "bug", error });
      answerError(res, error, {});
    }
  }

  /** Who changed something can be read afterwards. */
  async #answerAdmin(answering: Answering | undefined, req: IncomingMessage, res: ServerResponse): Promise<void> {
    await this.#answer(answering, req, res);
    const from = req.socket.remoteAddress ?? "a client that left";
    if (req.method !== "GET" && req.method !== "HEAD")
      this.desk.log.say(`admin at ${from}: ${req.method} ${pathOf(req)} → ${res.statusCode}`);
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    this.#serving++;
    res.on("close", () => {
      this.#serving--;
    });
    serveCompletion(this.desk, req, res, this.#stopping).catch((bug: unknown) => {
      this.desk.log.failed({}, { fault: "bug", error: bug });
      res.destroy(); // one request is lost; the others must not be
    });
  }
}

const methodOf = ({ method }: IncomingMessage, { methods }: Page): Answering | undefined =>
  method === "HEAD"
    ? methods.GET
    : method === "GET" || method === "POST" || method === "DELETE" || method === "OPTIONS"
      ? methods[method]
      : undefined;

/** Resolves when the time is over, or when the signal says that nobody waits. */
const over = (ms: number, hurry: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      hurry.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    hurry.addEventListener("abort", end);
    if (hurry.aborted) end();
  });
