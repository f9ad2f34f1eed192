import type { IncomingMessage, ServerResponse } from "node:http";
import { gaveUp, ProxyError } from "../errors.ts";
import type { Roster } from "../routing/roster.ts";
import { UpstreamError } from "../upstream/upstream.ts";
import type { Desk } from "./completion.ts";
import { forwarded } from "./headers.ts";
import { answerError, relay } from "./reply.ts";

interface Visit {
  readonly desk: Desk;
  readonly stopping: boolean;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Answered by a live engine. */
export const enginesPages: ReadonlySet<string> = new Set(["/v1/models", "/version"]);

/** What can be read from the proxy besides completions. */
export const pages: ReadonlyMap<string, (visit: Visit) => void> = new Map([
  ["/health", health],
  ["/targets", targets],
  [
    "/metrics",
    ({ desk, res }: Visit) => write(res, 200, desk.books.text(), "text/plain; version=0.0.4; charset=utf-8"),
  ],
  ...[...enginesPages].map((path) => [path, (visit: Visit) => void passOn(visit)] as const),
]);

const write = (res: ServerResponse, status: number, body: string, type = "application/json") =>
  void res.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);

/** 200 only when a pair can serve: a prefill and a decode endpoint that answered their last probe; or decode, where it goes on alone. */
function health({ desk: { rosters, config }, stopping, res }: Visit): void {
  const roles = ["prefill", "decode"] as const;
  const needed = roles.filter((role) => role === "decode" || config.on_prefill_down === "fail");
  const lacks = needed.filter((role) => !rosters[role].ready);
  const status = stopping ? "stopping" : lacks.length > 0 ? "waiting" : "ready";
  const count = ({ endpoints }: Roster) => ({
    up: endpoints.filter(({ state }) => state === "up").length,
    of: endpoints.length,
  });
  const down = roles.flatMap((role) =>
    rosters[role].endpoints.filter(({ state }) => state !== "up").map(({ url, state }) => ({ role, url, state })),
  );
  const body = { status, lacks, prefill: count(rosters.prefill), decode: count(rosters.decode), down };
  write(res, status === "ready" ? 200 : 503, JSON.stringify(body));
}

function targets({ desk: { rosters, config }, res }: Visit): void {
  const all = [...rosters.prefill.endpoints, ...rosters.decode.endpoints];
  const list = all.map(({ url, role, state, slots }) => ({
    url,
    role,
    state,
    slots: slots.map(({ inFlight, load }) => ({ in_flight: inFlight, load_tokens: load })),
  }));
  write(res, 200, JSON.stringify({ family: config.family, targets: list }));
}

/** The answer of a live engine, decode first, as it came. Whose pages a browser may call from elsewhere is the engine's to say. */
export async function passOn({ desk, req, res }: Pick<Visit, "desk" | "req" | "res">): Promise<void> {
  const leaves = new AbortController();
  res.on("close", () => leaves.abort(new Error("the client left")));
  const method = req.method === "OPTIONS" ? "OPTIONS" : "GET";
  const head = { method, path: req.url ?? "/", headers: forwarded(req.headers) } as const;
  const { prefill, decode } = desk.rosters;
  let failure: unknown = new ProxyError("target.none", { role: "decode" });
  for (const live of [...decode.endpoints, ...prefill.endpoints].filter(({ state }) => state === "up"))
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
  answerError(res, failure, {});
}
