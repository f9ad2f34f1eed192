import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";

/** A span as it comes over the wire. */
export interface Seen {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, string>> }[];
  readonly status?: { readonly code: number; readonly message: string };
}

/** Something that takes OTLP over HTTP, and keeps what it was sent. */
export class Collector implements AsyncDisposable {
  readonly spans: Seen[] = [];
  readonly services: string[] = [];
  readonly keys: (string | string[] | undefined)[] = [];
  /** What it answers. */
  status = 200;
  readonly #says = new EventEmitter<{ post: [] }>();
  readonly #server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      this.keys.push(req.headers["x-key"]);
      if (req.url === "/v1/traces" && this.status === 200) this.#keep(JSON.parse(Buffer.concat(chunks).toString()));
      res.writeHead(req.url === "/v1/traces" ? this.status : 404).end("{}");
      this.#says.emit("post");
    });
  });

  static async open(): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  /** Resolves when this is true; looked at after every post. */
  async until(there: () => boolean): Promise<void> {
    while (!there()) await once(this.#says, "post", { signal: AbortSignal.timeout(10_000) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep({ resourceSpans }: Sent): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.services.push(...resource.attributes.map(({ value }) => value.stringValue));
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
  }
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly value: { readonly stringValue: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Seen[] }[];
  }[];
}

/** An attribute's value, whatever its type. */
export const attribute = ({ attributes }: Seen, wanted: string): string | undefined =>
  Object.values(attributes.find(({ key }) => key === wanted)?.value ?? {})[0];
