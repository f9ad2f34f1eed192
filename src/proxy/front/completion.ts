import type { IncomingMessage, ServerResponse } from "node:http";
import type { AloneReason } from "../body/ask.ts";
import { JsonError, type JsonObject, readObject } from "../body/json.ts";
import type { Log } from "../books/log.ts";
import { attributesOf, type Outcome, type RequestLine, requestLine } from "../books/request-line.ts";
import { ProxyError } from "../errors.ts";
import type { Family } from "../families/family.ts";
import type { House } from "../house.ts";
import type { CallLegs } from "../legs/legs.ts";
import { type Progress, progressHeaders } from "../legs/progress.ts";
import type { Settled } from "../settings/usual.ts";
import { LetGo, type Signal } from "../signal.ts";
import type { RequestTrace, Tracing } from "../trace/index.ts";
import type { Admission } from "./admission.ts";
import { askOf } from "./call.ts";
import { ClientLeft } from "./client-left.ts";
import { endpointOf, handOn, routeName } from "./hand-on.ts";
import { forwarded } from "./headers.ts";
import type { IdleWatch } from "./idle-watch.ts";
import { receive } from "./receive.ts";
import { answerError } from "./reply.ts";
import type { RequestIds } from "./request-id.ts";
import { place, routeOf } from "./route.ts";
import { pathOf } from "./routes.ts";
import { type Work, workFor } from "./work.ts";

export interface Desk extends House {
  readonly admission: Admission;
  readonly family: Family;
  readonly config: Settled;
  readonly idle: IdleWatch;
  readonly ids: RequestIds;
  readonly log: Log;
  /** Where somebody collects traces. */
  readonly tracing: Tracing | undefined;
}

/**
 * Serves one completion: from the client's bytes to the last byte of its answer. Whatever happens, the engines are let go
 * within the same turn of the event loop that saw the client leave, and every seat is given back.
 */
export async function serveCompletion(
  desk: Desk,
  req: IncomingMessage,
  res: ServerResponse,
  stopping: Signal,
): Promise<void> {
  const [started, letGo] = [desk.now(), new LetGo()];
  const id = desk.ids.take(first(req.headers["x-request-id"]));
  const stop = () => letGo.abort(stopping.reason);
  stopping.addEventListener("abort", stop);
  const headers: Record<string, string> = { "x-request-id": id };
  let work: Work | undefined;
  let leave: (() => void) | undefined;
  const trace = desk.tracing?.tracer.begin(req.headers);
  const outcome: Outcome = { bytes: 0 };
  const inside = new Inside();
  const gone = desk.books.stages.enter(inside);
  res.on("close", () => {
    gone();
    if (!res.writableFinished) letGo.abort(new ClientLeft());
  });
  try {
    const body = await readBody(req);
    const ask = askOf(body, req.url ?? "/");
    work = workFor(desk, {
      id,
      path: req.url ?? "/",
      headers: forwarded(req.headers),
      body,
      ask,
      signal: letGo,
      trace,
    });
    inside.legs = work.legs;
    if (work.pairs > 1) outcome.pairs = work.pairs;
    const coming = comeIn(desk, work.legs, letGo, outcome);
    const entered = coming instanceof Promise ? await coming : coming;
    leave = entered.leave;
    const answer = await work.answer(entered.reason);
    Object.assign(headers, workHeaders(work));
    await handOn(desk, work, { answer, res, headers, started, outcome, letGo });
  } catch (error) {
    if (work) Object.assign(headers, workHeaders(work));
    settle(desk, { error, left: hasLeft(req, letGo), res, headers, legs: work?.legs, outcome });
  } finally {
    stopping.removeEventListener("abort", stop);
    leave?.();
    if (work) work.release();
    else desk.ids.release(id);
    const totalMs = desk.now() - started;
    desk.books.seconds.observe({ endpoint: pathOf(req), route: routeName(work?.legs) }, totalMs / 1000);
    if (desk.config.request_log || trace) tell(desk, requestLine(id, pathOf(req), totalMs, outcome, work?.legs), trace);
  }
}

/** One request in the count of those that are being served. */
class Inside {
  legs: CallLegs | undefined = undefined;
  get stage(): Progress["stage"] | "body" {
    return this.legs?.progress.stage ?? "body";
  }
}

function tell({ config, log }: Desk, line: RequestLine, trace: RequestTrace | undefined): void {
  if (config.request_log) log.request(line);
  trace?.end(`POST ${line.path}`, { attributes: attributesOf(line), error: line.fault });
}

async function readBody(req: IncomingMessage): Promise<JsonObject> {
  const bytes = await receive(req);
  try {
    return readObject(bytes);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ProxyError("request.invalid", { why: `the request body is not a JSON object: ${error.message}` });
  }
}

/** A place: what gives it back, and why decode serves alone, if so. */
interface Entered {
  readonly leave: () => void;
  readonly reason: AloneReason | undefined;
}

/** Takes a place, at once where there is one. */
function comeIn(desk: Desk, legs: CallLegs, signal: Signal, outcome: Outcome): Entered | Promise<Entered> {
  const asked = desk.now();
  let reason = routeOf(desk, legs);
  const ready = () => {
    if (reason !== undefined) return true;
    const found = place(desk, legs);
    if (found) reason = found.alone;
    return found !== false;
  };
  const inside = (leave: () => void): Entered => {
    outcome.queueMs = desk.now() - asked;
    desk.books.queueWait.observe({}, outcome.queueMs / 1000);
    desk.books.decisions.add({ decision: reason === undefined ? "prefill_decode" : "decode_only" });
    legs.progress.stage = "prefill";
    return { leave, reason };
  };
  const leave = desk.admission.enterNow(signal, ready);
  return leave ? inside(leave) : desk.admission.enter(signal, ready).then(inside);
}

function workHeaders({ legs, pairs }: Work): Record<string, string> {
  const headers = progressHeaders(legs.progress);
  if (pairs > 1) headers["x-pdctl-pairs"] = String(pairs);
  return headers;
}

const hasLeft = (req: IncomingMessage, signal: Signal) =>
  signal.aborted ? signal.reason instanceof ClientLeft : req.destroyed && !req.complete;

interface Ending {
  readonly error: unknown;
  readonly left: boolean;
  readonly res: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly legs: CallLegs | undefined;
  readonly outcome: Outcome;
}

/** Counts and tells what ended a request before its time. A client that left is no failure and gets no line in the log. */
function settle({ books, log }: Desk, { error, left, res, headers, legs, outcome }: Ending): void {
  if (left) {
    outcome.left = legs?.progress.stage ?? "body";
    books.aborts.add({ stage: outcome.left });
    const busy = legs && engaged(legs.progress);
    if (busy) books.abortedLegs.add({ role: busy.role, target: busy.url });
    return;
  }
  const fault = error instanceof ProxyError ? error.fault : "bug";
  books.rejected.add({ fault });
  const code = error instanceof ProxyError ? error.status : 500;
  outcome.fault = fault;
  if (!res.headersSent) outcome.status = code;
  else books.brokenStreams.add({ target: legs?.progress.decode?.endpoint.url ?? "" });
  books.requests.add({ endpoint: endpointOf(res), code, route: routeName(legs) });
  log.failed(headers, { fault, error });
  answerError(res, error, headers);
}

/** The endpoint that is at work for a request in this stage. */
const engaged = ({ stage, prefill, decode }: Progress) =>
  (stage === "prefill" || stage === "handoff" ? prefill : decode)?.endpoint;
const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
