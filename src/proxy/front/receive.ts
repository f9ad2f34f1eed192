import type { IncomingMessage } from "node:http";
import { ProxyError } from "../errors.ts";

export const BODY_LIMIT = 64 * 1024 * 1024;

/** The whole body of a request. @throws ProxyError request.too-large; Error when the client left before its end */
export function receive(req: IncomingMessage, limit = BODY_LIMIT): Promise<Buffer> {
  if (Number(req.headers["content-length"] ?? 0) > limit)
    return Promise.reject(new ProxyError("request.too-large", { limit }));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        chunks.length = 0; // the rest is read and thrown away, so that the client gets to read its 413
        reject(new ProxyError("request.too-large", { limit }));
      }
    });
    req.on("end", () => resolve(Buffer.concat(chunks)));
    req.on("error", reject);
  });
}
