import { gaveUp } from "../errors.ts";
import { pathOf } from "../front/routes.ts";
import { type Visit, writeJson } from "../front/visit.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import { UpstreamError } from "../upstream/upstream.ts";

const LIMIT_MS = 30_000; // an engine answers it between two steps, and a step of a long prompt takes its time

/**
 * Every engine forgets its prefix cache. 200 when all did; 502 and which did not else, as a cache that is left answers with what was to be
 * forgotten. Source: proxy-protocols.md §3.1 R9, §C.1
 */
export async function resetPrefixCaches({ office: { members, probe }, req, res }: Visit): Promise<void> {
  const path = `${pathOf(req)}${new URL(req.url ?? "/", "http://here").search}`;
  const results = await Promise.all(members.all.map((endpoint) => reset(endpoint, path, probe.headers)));
  const row = ({ role, url }: Endpoint) => ({ role, url });
  const failed = results.flatMap(({ endpoint, why }) => (why === undefined ? [] : [{ ...row(endpoint), why }]));
  const done = results.flatMap(({ endpoint, why }) => (why === undefined ? [row(endpoint)] : []));
  writeJson(res, failed.length > 0 ? 502 : 200, { reset: done, failed });
}

async function reset(
  endpoint: Endpoint,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ endpoint: Endpoint; why?: string }> {
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const reply = await endpoint.upstream.request({ method: "POST", path, headers }, undefined, signal);
    const why = refusalIn(reply.status, await reply.bytes());
    return why === undefined ? { endpoint } : { endpoint, why };
  } catch (error) {
    const told = error instanceof UpstreamError ? gaveUp(endpoint, error) : error;
    return { endpoint, why: told instanceof Error ? told.message : String(told) };
  }
}

/** Why an answer says that the cache was not reset; newer engines say 200 and `{"success":false}`. Source: vLLM 0.32, serve/dev/cache/api_router.py */
function refusalIn(status: number, body: Buffer): string | undefined {
  if (status === 404) return "status 404: vLLM has this endpoint with VLLM_SERVER_DEV_MODE=1";
  if (status !== 200) return `status ${status}`;
  const isRefusal = /^\s*\{\s*"success"\s*:\s*false\s*\}\s*$/.test(body.toString());
  return isRefusal ? "it holds blocks still, of requests or transfers that run; try again" : undefined;
}
