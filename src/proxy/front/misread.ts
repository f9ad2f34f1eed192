import type { IncomingMessage } from "node:http";
import { ProxyError } from "../errors.ts";

/**
 * What node:http lets in and another parser may read in another way: a body with a coding under its chunks, which would be passed on undecoded,
 * chunks in a version that has none, and a version whose messages look different. Source: RFC 9112 §2.3, §6.1.
 */
export function misread({ headers, httpVersion }: IncomingMessage): ProxyError | undefined {
  const coding = headers["transfer-encoding"];
  if (httpVersion !== "1.1" && httpVersion !== "1.0")
    return new ProxyError("request.version", { version: httpVersion });
  if (coding === undefined || (httpVersion === "1.1" && coding.trim().toLowerCase() === "chunked")) return undefined;
  return new ProxyError("request.coding", { coding });
}
