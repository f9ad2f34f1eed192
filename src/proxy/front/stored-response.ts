import { gaveUp, ProxyError } from "../errors.ts";
import { UpstreamError } from "../upstream/upstream.ts";
import { forwarded } from "./headers.ts";
import { relay } from "./reply.ts";
import { pathOf } from "./routes.ts";
import type { Page, Visit } from "./visit.ts";

const STORED = /^\/v1\/responses\/[^/]+$/;
const CANCEL = /^\/v1\/responses\/[^/]+\/cancel$/;

/** A response that an engine keeps: it can be read again, and cancelled. */
export function storedResponse(path: string): Page | undefined {
  if (CANCEL.test(path)) return { access: "client", methods: { POST: askWhoHasIt } };
  return STORED.test(path) ? { access: "client", methods: { GET: askWhoHasIt } } : undefined;
}

/**
 * A response lies in the memory of the one decode that made it, and its id does not say which: each is asked in its turn, and the first that knows it
 * answers. None does: the engine's own 404, unless one could not be asked, which may have it. Source: vLLM, VLLM_ENABLE_RESPONSES_API_STORE
 */
async function askWhoHasIt({ desk, req, res }: Visit): Promise<void> {
  const leaves = new AbortController();
  res.on("close", () => leaves.abort(new Error("the client left")));
  const method = req.method === "POST" ? "POST" : "GET";
  const head = { method, path: req.url ?? pathOf(req), headers: forwarded(req.headers) } as const;
  let failure: ProxyError | undefined;
  let unknown: (() => Promise<void>) | undefined;
  for (const decode of desk.rosters.decode.endpoints) {
    try {
      const reply = await decode.upstream.request(head, undefined, leaves.signal);
      const headers = { "x-pdctl-decode": decode.url };
      const onBreak = (error: unknown) => (error instanceof UpstreamError ? gaveUp(decode, error) : error);
      const answer = () => relay(reply, res, { headers, onBytes: () => undefined, onBreak });
      if (reply.status !== 404) return await answer();
      if (unknown) reply.drop();
      else unknown = answer;
    } catch (error) {
      if (res.headersSent || leaves.signal.aborted) return;
      if (!(error instanceof UpstreamError)) throw error;
      failure = gaveUp(decode, error);
    }
  }
  if (failure || !unknown) throw failure ?? new ProxyError("target.none", { role: "decode" });
  await unknown();
}
