import type { IncomingMessage, ServerResponse } from "node:http";
import { gaveUp, ProxyError } from "../errors.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import type { Traits } from "../routing/policies.ts";
import { LetGo } from "../signal.ts";
import { type Reply, UpstreamError } from "../upstream/upstream.ts";
import { ClientLeft } from "./client-left.ts";
import type { Desk } from "./completion.ts";
import { forwarded } from "./headers.ts";
import { receive } from "./receive.ts";
import { relay } from "./reply.ts";
import { pathOf } from "./routes.ts";
import type { Page, Visit } from "./visit.ts";

/**
 * What is posted as a form with a file in it. No connector carries the KV of an encoder, so decode serves it by itself, from the bytes that came.
 * Source: vLLM, entrypoints/openai/speech_to_text
 */
export const unreadBodies: ReadonlyMap<string, Page> = new Map(
  ["/v1/audio/transcriptions", "/v1/audio/translations"].map((path) => [
    path,
    { access: "client", methods: { POST: toDecode } } satisfies Page,
  ]),
);

/** Nothing is known of what is in it: it counts as a request, and by no tokens. */
const UNREAD: Traits = { affinity: () => "", prefix: () => [] };

interface Passing {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly letGo: LetGo;
}

async function toDecode({ desk, req, res }: Visit): Promise<void> {
  const letGo = new LetGo();
  res.on("close", () => {
    if (!res.writableFinished) letGo.abort(new ClientLeft());
  });
  let leave: (() => void) | undefined;
  try {
    const body = await receive(req);
    leave = await desk.admission.enter(letGo, () => true);
    desk.books.decisions.add({ decision: "decode_only" });
    await passOn(desk, body, { req, res, letGo });
  } catch (error) {
    if (!letGo.aborted || !(letGo.reason instanceof ClientLeft)) throw error;
    desk.books.aborts.add({ stage: leave ? "decode" : "body" });
  } finally {
    leave?.();
  }
}

/** Another decode is tried as long as none has taken the connection; after that an engine may have done the work. */
async function passOn(desk: Desk, body: Buffer, passing: Passing): Promise<void> {
  const { req, letGo } = passing;
  const type = req.headers["content-type"];
  const headers = { ...forwarded(req.headers), ...(type !== undefined && { "content-type": type }) };
  const head = { method: "POST", path: req.url ?? "/", headers } as const;
  const tried = new Set<Endpoint>();
  let failure: ProxyError | undefined;
  const { decode } = desk.rosters;
  for (let seat = decode.pick(0, tried, UNREAD); seat; seat = decode.pick(0, tried, UNREAD)) {
    const { endpoint } = seat.slot;
    tried.add(endpoint);
    const inTime = limit(desk, endpoint, letGo);
    try {
      const reply = await endpoint.upstream.request(head, body, letGo);
      inTime();
      return await handOn(desk, endpoint, reply, passing);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      failure = gaveUp(endpoint, error);
      if (error.kind !== "connect") break;
      endpoint.saw("refused");
    } finally {
      inTime();
      seat.release();
    }
  }
  throw failure ?? new ProxyError("target.none", { role: "decode" });
}

/** @returns takes the limit back */
function limit({ firstByteSeconds }: Desk, { role, url: target }: Endpoint, letGo: LetGo): () => void {
  const seconds = firstByteSeconds[role];
  const timer = setTimeout(() => letGo.abort(new ProxyError("target.slow", { role, target, seconds })), seconds * 1000);
  return () => clearTimeout(timer);
}

async function handOn(desk: Desk, endpoint: Endpoint, reply: Reply, { req, res, letGo }: Passing): Promise<void> {
  const { role, url: target } = endpoint;
  const add = desk.books.bytes.adder({ target });
  let bytes = 0;
  const onBytes = (more: number) => {
    bytes += more;
    add(more);
  };
  const onBreak = (error: unknown) => (error instanceof UpstreamError ? gaveUp(endpoint, error) : error);
  const unwatch = desk.idle.watch({
    bytes: () => bytes,
    isHeldBack: () => res.writableNeedDrain || res.socket?.writableNeedDrain === true,
    onSilent: () => letGo.abort(new ProxyError("target.silent", { role, target, seconds: desk.idle.seconds })),
  });
  try {
    await relay(reply, res, { headers: { "x-pdctl-decode": target }, onBytes, onBreak });
  } finally {
    unwatch();
  }
  desk.books.requests.add({ endpoint: pathOf(req), code: reply.status, route: "decode_only" });
}
