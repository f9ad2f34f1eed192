import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import Pool from "undici/lib/dispatcher/pool.js";
import { type Head, type Reply, type Upstream, UpstreamError } from "./upstream.ts";

/** An engine behind undici's connection pool. Source: proxy-protocols.md §3.12. */
export function undiciUpstream(url: string): Upstream {
  const pool = new Pool(url, {
    pipelining: 1,
    headersTimeout: 0, // a long prefill queue is no error
    bodyTimeout: 0,
    keepAliveTimeout: 4_000, // uvicorn closes idle connections after 5 s: let go before it does
    connect: { timeout: 5_000, noDelay: true },
  });
  let fresh = false; // undici writes the first request of a connection within the event that announces it
  pool.on("connect", () => {
    fresh = true;
    queueMicrotask(() => {
      fresh = false;
    });
  });
  const isReused = () => !fresh;
  return {
    url,
    request: (head, body, signal) =>
      new Promise((resolve, reject) => new Exchange({ head, signal, isReused }, { resolve, reject }).start(pool, body)),
    close: () => pool.destroy(),
  };
}

type Send = { head: Head; signal: AbortSignal; isReused: () => boolean };
type Settle = { resolve: (reply: Reply) => void; reject: (reason: unknown) => void };
type OnChunk = (chunk: Buffer) => Promise<void> | undefined;

const IDLE_CLOSE_MS = 1_000; // news of an idle connection's end is one round trip away; what dies later had begun to work
const EARLY_BYTES = 64 * 1024; // kept while nobody reads yet; beyond that the engine is held back

/** One request and its answer on one connection. Ends exactly once: whole, broken, or let go. */
class Exchange implements Dispatcher.DispatchHandler, Reply {
  status = 0;
  headers: IncomingHttpHeaders = {};
  readonly #head: Head;
  readonly #settle: Settle;
  readonly #signal: AbortSignal;
  readonly #isReused: () => boolean;
  readonly #letGo = () => this.#fail(this.#signal.reason);
  #controller: Dispatcher.DispatchController | undefined;
  #reused = false;
  #sentAt = 0;
  #early: Buffer[] = [];
  #earlyBytes = 0;
  #onChunk: OnChunk | undefined;
  #reading: { resolve: () => void; reject: (reason: unknown) => void } | undefined;
  #end: { ok: true } | { ok: false; reason: unknown } | undefined;
  #listeners: (() => void)[] = [];

  constructor({ head, signal, isReused }: Send, settle: Settle) {
    this.#head = head;
    this.#signal = signal;
    this.#isReused = isReused;
    this.#settle = settle;
  }

  start(pool: Dispatcher, body: Buffer | undefined): void {
    if (this.#signal.aborted) {
      this.#letGo();
      return;
    }
    this.#signal.addEventListener("abort", this.#letGo);
    const { method, path, headers } = this.#head;
    pool.dispatch({ method, path, headers, body: body ?? null }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#reused = this.#isReused();
    this.#sentAt = performance.now();
    const refusal = this.#end ? undefined : this.#head.gate?.();
    if (refusal) this.#fail(refusal);
    else if (this.#end) controller.abort(new Error("let go before it was sent"));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#end) return;
    this.status = status;
    this.headers = headers;
    this.#settle.resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#end) return;
    if (this.#onChunk) {
      this.#hand(chunk);
      return;
    }
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > EARLY_BYTES) controller.pause();
  }

  onResponseEnd(): void {
    this.#finish({ ok: true });
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, cause: Error): void {
    const kind = this.status > 0 ? "broken" : this.#controller ? "silent" : "connect";
    const idleClosed = kind === "silent" && this.#reused && performance.now() - this.#sentAt < IDLE_CLOSE_MS;
    const isOurs = "code" in cause && cause.code === "UND_ERR_INVALID_ARG"; // a head that undici refuses to send
    this.#finish({ ok: false, reason: isOurs ? cause : new UpstreamError(kind, { idleClosed, cause }) });
  }

  read(onChunk: OnChunk): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reading = { resolve, reject };
      this.#onChunk = onChunk;
      for (const chunk of this.#early.splice(0)) this.#hand(chunk);
      if (this.#end) this.#report(this.#end);
      else if (this.#earlyBytes > EARLY_BYTES) this.#controller?.resume();
    });
  }

  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    await this.read((chunk) => {
      chunks.push(chunk);
      return undefined;
    });
    return Buffer.concat(chunks);
  }

  drop(): void {
    this.#fail(new Error("dropped"));
  }

  onClose(listener: () => void): void {
    if (this.#end) listener();
    else this.#listeners.push(listener);
  }

  #hand(chunk: Buffer): void {
    const slow = this.#onChunk?.(chunk);
    if (slow === undefined) return;
    this.#controller?.pause();
    slow.then(
      () => this.#end ?? this.#controller?.resume(),
      (reason: unknown) => this.#fail(reason),
    );
  }

  #fail(reason: unknown): void {
    if (this.#end) return;
    this.#finish({ ok: false, reason });
    this.#controller?.abort(reason instanceof Error ? reason : new Error(String(reason))); // closes the connection
  }

  #finish(end: { ok: true } | { ok: false; reason: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#signal.removeEventListener("abort", this.#letGo);
    if (!end.ok) this.#settle.reject(end.reason); // no effect when the head has been handed over
    if (this.#reading) this.#report(end);
    for (const listener of this.#listeners.splice(0)) listener();
  }

  #report(end: { ok: true } | { ok: false; reason: unknown }): void {
    if (end.ok) this.#reading?.resolve();
    else this.#reading?.reject(end.reason);
  }
}
