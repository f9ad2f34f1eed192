import type { IncomingMessage, ServerResponse } from "node:http";
import { gaveUp, ProxyError } from "../errors.ts";
import type { Roster } from "../routing/roster.ts";
import { UpstreamError } from "../upstream/upstream.ts";
import type { Desk } from "./completion.ts";
import { forwarded } from "./headers.ts";
import { relay } from "./reply.ts";
import { type Answering, type Page, type Visit, write, writeJson } from "./visit.ts";

const open = (GET: Answering): Page => ({ access: "open", methods: { GET } });

/** The answer of a live engine. Source: proxy-protocols.md §3.1 R9 */
const ofEngines = (access: Page["access"]): Page => ({ access, methods: { GET: passOn, OPTIONS: passOn } });

/** What can be read from the proxy besides completions. */
export const pages: ReadonlyMap<string, Page> = new Map([
  ["/health", open(health)],
  ["/livez", open(({ res }) => write(res, 200, '{"status":"alive"}'))],
  ["/healthcheck", open(healthcheck)],
  ["/targets", open(targets)],
  ["/metrics", open(({ desk, res }) => write(res, 200, desk.books.text(), "text/plain; version=0.0.4; charset=utf-8"))],
  ["/version", ofEngines("open")],
  ["/v1/models", ofEngines("client")],
]);

/** 200 only when a pair can serve: a prefill and a decode endpoint that answered their last probe; or decode, where it goes on alone. */
function health({ desk: { rosters, config }, stopping, res }: Visit): void {
  const roles = ["prefill", "decode"] as const;
  const needed = roles.filter((role) => role === "decode" || config.on_prefill_down === "fail");
  const lacks = needed.filter((role) => !rosters[role].ready);
  const status = stopping ? "stopping" : lacks.length > 0 ? "waiting" : "ready";
  const count = ({ serving }: Roster) => ({
    up: serving.filter(({ state }) => state === "up").length,
    of: serving.length,
  });
  const down = roles.flatMap((role) =>
    rosters[role].serving
      .filter(({ state }) => state !== "up")
      .map(({ url, state, misfit }) => ({
        role,
        url,
        state,
        ...(misfit && { model: misfit.serves, others: misfit.others }),
      })),
  );
  const leaving = roles.flatMap((role) =>
    rosters[role].endpoints.filter(({ presence }) => presence === "leaves").map(({ url }) => ({ role, url })),
  );
  const body = { status, lacks, prefill: count(rosters.prefill), decode: count(rosters.decode), down, leaving };
  writeJson(res, status === "ready" ? 200 : 503, body);
}

/** The shape of the toy proxy's, and of Ascend's, which scripts wait for: how many there are, not how they are. Source: proxy-protocols.md §A.2, §C.1 */
function healthcheck({ desk: { rosters }, serving, res }: Visit): void {
  const [prefill, decode] = [rosters.prefill.serving.length, rosters.decode.serving.length];
  writeJson(res, 200, { status: "ok", prefill_instances: prefill, decode_instances: decode, request_num: serving });
}

function targets({ desk: { rosters, config }, res }: Visit): void {
  const all = [...rosters.prefill.endpoints, ...rosters.decode.endpoints];
  const list = all.map(({ url, role, state, presence, slots }) => ({
    url,
    role,
    state,
    presence,
    slots: slots.map(({ inFlight, load }) => ({ in_flight: inFlight, load_tokens: load })),
  }));
  writeJson(res, 200, { family: config.family, targets: list });
}

interface Passing {
  readonly desk: Desk;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** The answer of a live engine, decode first, as it came. Whose pages a browser may call from elsewhere is the engine's to say. */
export async function passOn({ desk, req, res }: Passing): Promise<void> {
  const leaves = new AbortController();
  res.on("close", () => leaves.abort(new Error("the client left")));
  const method = req.method === "OPTIONS" ? "OPTIONS" : "GET";
  const head = { method, path: req.url ?? "/", headers: forwarded(req.headers) } as const;
  const { prefill, decode } = desk.rosters;
  let failure: unknown = new ProxyError("target.none", { role: "decode" });
  for (const live of [...decode.serving, ...prefill.serving].filter(({ state }) => state === "up"))
    try {
      const reply = await live.upstream.request(head, undefined, leaves.signal);
      return await relay(reply, res, {
        headers: { "x-pdctl-target": live.url },
        onBytes: () => undefined,
        onBreak: (error) => error,
      });
    } catch (error) {
      failure = error instanceof UpstreamError ? gaveUp(live, error) : error;
      if (res.headersSent || leaves.signal.aborted) return;
    }
  throw failure;
}
