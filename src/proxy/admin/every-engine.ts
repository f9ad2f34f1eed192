import { gaveUp } from "../errors.ts";
import { pathOf } from "../front/routes.ts";
import { type Answering, type Visit, writeJson } from "../front/visit.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import { UpstreamError } from "../upstream/upstream.ts";

interface Asking {
  /** What the list of the engines that did it is called. */
  readonly done: string;
  /** An engine answers between two steps, and a step of a long prompt takes its time. */
  readonly limitMs: number;
  /** What an engine has to be started with to have this path at all. */
  readonly needs: string;
}

const CACHE: Asking = { done: "reset", limitMs: 30_000, needs: "VLLM_SERVER_DEV_MODE=1" };
const PROFILER = "--profiler-config (before 0.13: VLLM_TORCH_PROFILER_DIR)";
const START: Asking = { done: "started", limitMs: 30_000, needs: PROFILER };
const STOP: Asking = { done: "stopped", limitMs: 1_800_000, needs: PROFILER }; // vLLM gives ten minutes as an example for writing the traces

/**
 * Passes the call on to every engine. 200 when all did it; 502 and which did not else: a cache that is left answers with what was to be forgotten, and a
 * profile without one of the legs explains nothing. Source: proxy-protocols.md §3.1 R9, §C.1; vLLM 0.32, serve/dev/cache and serve/profile
 */
const toEveryEngine =
  (asking: Asking): Answering =>
  async ({ office: { members, probe }, req, res }: Visit) => {
    const path = `${pathOf(req)}${new URL(req.url ?? "/", "http://here").search}`;
    const results = await Promise.all(members.all.map((endpoint) => tell(endpoint, path, probe.headers, asking)));
    const row = ({ role, url }: Endpoint) => ({ role, url });
    const failed = results.flatMap(({ endpoint, why }) => (why === undefined ? [] : [{ ...row(endpoint), why }]));
    const done = results.flatMap(({ endpoint, why }) => (why === undefined ? [row(endpoint)] : []));
    writeJson(res, failed.length > 0 ? 502 : 200, { [asking.done]: done, failed });
  };

export const resetPrefixCaches = toEveryEngine(CACHE);
export const startProfiles = toEveryEngine(START);
export const stopProfiles = toEveryEngine(STOP);

async function tell(
  endpoint: Endpoint,
  path: string,
  headers: Readonly<Record<string, string>>,
  { limitMs, needs }: Asking,
): Promise<{ endpoint: Endpoint; why?: string }> {
  try {
    const signal = AbortSignal.timeout(limitMs);
    const reply = await endpoint.upstream.request({ method: "POST", path, headers }, undefined, signal);
    const why = refusalIn(reply.status, await reply.bytes(), needs);
    return why === undefined ? { endpoint } : { endpoint, why };
  } catch (error) {
    const told = error instanceof UpstreamError ? gaveUp(endpoint, error) : error;
    return { endpoint, why: told instanceof Error ? told.message : String(told) };
  }
}

/** Why an answer says that it was not done; newer engines say 200 and `{"success":false}` of a cache. Source: vLLM 0.32, serve/dev/cache/api_router.py */
function refusalIn(status: number, body: Buffer, needs: string): string | undefined {
  if (status === 404) return `status 404: vLLM has this endpoint with ${needs}`;
  if (status !== 200) return `status ${status}`;
  const isRefusal = /^\s*\{\s*"success"\s*:\s*false\s*\}\s*$/.test(body.toString());
  return isRefusal ? "it holds blocks still, of requests or transfers that run; try again" : undefined;
}
