import type { IncomingMessage } from "node:http";

/** Prefill and decode share the work of these. */
const SHARED: ReadonlySet<string> = new Set(["/v1/completions", "/v1/chat/completions"]);

/**
 * What else clients post to an engine: decode serves it by itself. Its other endpoints change the engine, or show it to whoever
 * asks; they are not for clients. Source: proxy-protocols.md §3.1 R8, R9.
 */
const DECODES_OWN: ReadonlySet<string> = new Set([
  "/v1/responses",
  "/v1/messages",
  "/v1/messages/count_tokens",
  "/v1/chat/completions/batch",
  "/v1/embeddings",
  "/v2/embed",
  "/v1/rerank",
  "/v1/score",
  "/v2/rerank",
  "/rerank",
  "/score",
  "/pooling",
  "/classify",
  "/tokenize",
  "/detokenize",
]);

/** What counts text and makes none. */
const COUNTS: ReadonlySet<string> = new Set(["/v1/messages/count_tokens", "/tokenize", "/detokenize"]);

/** Decode works on a prompt for it. */
export const generates = (path: string) => !COUNTS.has(path);

export const isShared = (path: string) => SHARED.has(path);
export const isServed = (path: string) => SHARED.has(path) || DECODES_OWN.has(path);

export const pathOf = ({ url = "/" }: Pick<IncomingMessage, "url">) => {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
};
