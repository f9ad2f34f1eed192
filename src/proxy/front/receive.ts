import type { IncomingMessage } from "node:http";
import { asOne } from "../body/chunks.ts";
import { ProxyError } from "../errors.ts";

const BODY_LIMIT = 64 * 1024 * 1024;
const IN_PLACE = 256 * 1024; // from here on the body is put together as it comes, so that it never lies in memory twice

/** The whole body of a request. @throws ProxyError request.too-large; Error when the client left before its end */
export function receive(req: IncomingMessage, limit = BODY_LIMIT): Promise<Buffer> {
  const length = Number(req.headers["content-length"] ?? 0);
  if (length > limit) return Promise.reject(new ProxyError("request.too-large", { limit }));
  return new Promise((resolve, reject) => {
    const body = length > IN_PLACE ? new InPlace(length) : new Gathered();
    req.on("data", (chunk: Buffer) => {
      if (body.size + chunk.length <= limit) {
        body.take(chunk);
        return;
      }
      body.forget(); // the rest is read and thrown away, so that the client gets to read its 413
      reject(new ProxyError("request.too-large", { limit }));
    });
    req.on("end", () => resolve(body.whole()));
    req.on("error", reject);
  });
}

/** A body of which nobody knows the length, or a small one. */
class Gathered {
  size = 0;
  #chunks: Buffer[] = [];

  take(chunk: Buffer): void {
    this.size += chunk.length;
    this.#chunks.push(chunk);
  }

  forget(): void {
    this.size = Number.POSITIVE_INFINITY;
    this.#chunks = [];
  }

  whole(): Buffer {
    return asOne(this.#chunks);
  }
}

/** A body whose length was said. Memory that nothing has been written to is none yet. */
class InPlace {
  size = 0;
  #bytes: Buffer;

  constructor(length: number) {
    this.#bytes = Buffer.allocUnsafeSlow(length);
  }

  take(chunk: Buffer): void {
    chunk.copy(this.#bytes, this.size);
    this.size += chunk.length;
  }

  forget(): void {
    this.size = Number.POSITIVE_INFINITY;
    this.#bytes = Buffer.alloc(0);
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }
}
