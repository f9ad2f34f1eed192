import { request as http } from "node:http";
import { request as https } from "node:https";
import { otlpOf, type Span } from "./span.ts";

export interface ExporterOptions {
  /** Where spans are posted, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  /** Counts what became of spans. */
  readonly onSpans: (result: "exported" | "failed" | "dropped", count: number) => void;
  /** Said once for a row of failures. */
  readonly onFailure: (why: string) => void;
  /** How long `close` may take to send what is left, 1 s if not said. */
  readonly closingMs?: number;
}

const BATCH = 512;
const QUEUE = 4096; // beyond it spans are dropped: a collector that is down must not take the proxy's memory
const EVERY_MS = 2_000;
const ANSWER_MS = 5_000;
const CLOSING_MS = 1_000;

/**
 * Posts spans in batches, one at a time, and never holds up a request. A batch that fails is counted and not sent again. One JSON shape over Node's
 * own client does it: OpenTelemetry's packages would be a dozen, in a file that is sent to nodes.
 */
export class Exporter {
  readonly #options: ExporterOptions;
  #queue: Span[] = [];
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  add(span: Span): void {
    if (this.#queue.length >= QUEUE) {
      this.#options.onSpans("dropped", 1);
      return;
    }
    this.#queue.push(span);
    if (this.#queue.length >= BATCH) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), EVERY_MS).unref();
  }

  /** Sends what is left, for as long as somebody takes it. */
  async close(): Promise<void> {
    const deadline = AbortSignal.timeout(this.#options.closingMs ?? CLOSING_MS);
    while (this.#queue.length > 0 && !deadline.aborted) {
      this.#send();
      await this.#sending;
      if (this.#isFailing) break;
    }
    await this.#sending;
    clearTimeout(this.#timer);
    if (this.#queue.length > 0) this.#options.onSpans("dropped", this.#queue.splice(0).length);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#sending !== undefined) return; // what has come meanwhile goes when it is over
    const batch = this.#queue.splice(0, BATCH);
    this.#sending = this.#post(batch).then(() => {
      this.#sending = undefined;
      if (this.#queue.length >= BATCH) this.#send();
      else if (this.#queue.length > 0) this.#timer ??= setTimeout(() => this.#send(), EVERY_MS).unref();
    });
  }

  async #post(batch: readonly Span[]): Promise<void> {
    const { url, headers, service, onSpans } = this.#options;
    try {
      const status = await post(url, { headers, body: otlpOf(batch, service) });
      if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
      this.#isFailing = false;
      onSpans("exported", batch.length);
    } catch (error) {
      onSpans("failed", batch.length);
      if (!this.#isFailing) this.#options.onFailure(error instanceof Error ? error.message : String(error));
      this.#isFailing = true;
    }
  }
}

/** One connection for one batch: between them lie seconds. @returns the status */
function post(
  url: string,
  { headers, body }: { headers: Readonly<Record<string, string>>; body: string },
): Promise<number> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const options = { method: "POST", agent: false, signal, headers: { ...headers, "content-type": "application/json" } };
  return new Promise((resolve, reject) => {
    const req = (url.startsWith("https:") ? https : http)(url, options, (res) => {
      res.resume();
      res.on("end", () => resolve(res.statusCode ?? 0)).on("error", reject);
    });
    req.on("error", reject);
    req.end(body);
  });
}
