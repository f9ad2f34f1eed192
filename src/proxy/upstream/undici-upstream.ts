import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import Pool from "undici/lib/dispatcher/pool.js";
import { joined } from "../body/payload.ts";
import { Arriving } from "./arriving.ts";
import { CONNECT_MS, IDLE_CLOSE_MS, IDLE_MS } from "./times.ts";
import { type Head, type Upstream, UpstreamError } from "./upstream.ts";

/** An engine behind undici's connection pool. Source: proxy-protocols.md §3.12. */
export function undiciUpstream(url: string): Upstream {
  const pool = new Pool(url, {
    pipelining: 1,
    headersTimeout: 0, // a long prefill queue is no error
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    connect: { timeout: CONNECT_MS, noDelay: true },
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
      new Promise((resolve, reject) => {
        const arriving = new Arriving(signal, { resolve, reject });
        if (arriving.isOver) return;
        const { method, path, headers } = head;
        pool.dispatch(
          { method, path, headers, body: body ? joined(body) : null },
          new Exchange({ head, arriving, isReused }),
        );
      }),
    close: () => pool.destroy(),
  };
}

/** One request and its answer on one of undici's connections. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #head: Head;
  readonly #arriving: Arriving;
  readonly #isReused: () => boolean;
  #wasSent = false;
  #mayPause = true;
  #reused = false;
  #sentAt = 0;

  constructor({ head, arriving, isReused }: { head: Head; arriving: Arriving; isReused: () => boolean }) {
    this.#head = head;
    this.#arriving = arriving;
    this.#isReused = isReused;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#wasSent = true;
    this.#reused = this.#isReused();
    this.#sentAt = performance.now();
    this.#arriving.comesBy({
      pause: () => this.#mayPause && controller.pause(),
      resume: () => controller.resume(),
      cut: (reason) => controller.abort(reason instanceof Error ? reason : new Error(String(reason))),
    });
    const refusal = this.#arriving.isOver ? undefined : this.#head.gate?.();
    if (refusal) this.#arriving.letGo(refusal);
    else if (this.#arriving.isOver) controller.abort(new Error("let go before it was sent"));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#mayPause = !endsWithConnection(headers);
    if (isFramedOtherwise(headers)) controller.abort(new Error("a transfer coding that is not known"));
    else this.#arriving.begin(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#arriving.take(chunk);
  }

  onResponseEnd(): void {
    this.#arriving.finish();
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, cause: Error): void {
    const kind = this.#arriving.status > 0 ? "broken" : this.#wasSent ? "silent" : "connect";
    const idleClosed = kind === "silent" && this.#reused && performance.now() - this.#sentAt < IDLE_CLOSE_MS;
    const isOurs = "code" in cause && cause.code === "UND_ERR_INVALID_ARG"; // a head that undici refuses to send
    this.#arriving.fail(isOurs ? cause : new UpstreamError(kind, { idleClosed, cause }));
  }
}

/**
 * undici 7 throws where nobody can catch it when a connection ends that was to end with its answer and is held back just then: such an answer is
 * not held back. Source: nodejs/undici#5360, mended in undici 8, which needs Node 22.19.
 */
const endsWithConnection = ({
  connection,
  "content-length": length,
  "transfer-encoding": coding,
}: IncomingHttpHeaders) =>
  connection?.toLowerCase().includes("close") === true || (length === undefined && coding === undefined);

/** Of a coding that it does not know undici hands on the body with its framing in it, as if the engine had meant that. */
const isFramedOtherwise = ({ "transfer-encoding": coding }: IncomingHttpHeaders) =>
  coding !== undefined && coding.toLowerCase() !== "chunked";
