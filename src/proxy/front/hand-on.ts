import type { IncomingMessage, ServerResponse } from "node:http";
import type { Outcome } from "../books/request-line.ts";
import { ProxyError } from "../errors.ts";
import type { Answer } from "../families/family.ts";
import type { CallLegs } from "../legs/legs.ts";
import type { LetGo } from "../signal.ts";
import type { Desk } from "./completion.ts";
import { relay } from "./reply.ts";
import { pathOf } from "./routes.ts";
import type { Work } from "./work.ts";

export interface HandOn {
  readonly answer: Answer;
  readonly res: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly started: number;
  readonly outcome: Outcome;
  readonly letGo: LetGo;
}

/** Hands the answer on to its client, counts what it is, and lets go of engines that fall silent in its middle. */
export async function handOn(
  { books, now, log, idle }: Desk,
  work: Work,
  { answer, res, headers, started, outcome, letGo }: HandOn,
): Promise<void> {
  const { legs } = work;
  const { progress } = legs;
  const { role, url: target } = answer.from.endpoint;
  outcome.status = answer.status;
  const addBytes = books.bytes.adder({ target });
  let waiting = true;
  const onBytes = (bytes: number) => {
    addBytes(bytes);
    outcome.bytes += bytes;
    if (!waiting) return;
    waiting = false;
    if (role === "decode") progress.stage = "decode";
    outcome.firstByteMs = now() - started;
    books.firstByte.observe({ route: routeName(legs) }, outcome.firstByteMs / 1000);
  };
  const unwatch = idle.watch({
    bytes: () => outcome.bytes,
    isHeldBack: () => res.writableNeedDrain || res.socket?.writableNeedDrain === true || work.isResuming,
    onSilent: () => {
      answer.from.endpoint.circuit.count(false, now());
      letGo.abort(new ProxyError("target.silent", { role, target, seconds: idle.seconds }));
    },
  });
  try {
    await relay(answer, res, { headers, onBytes, onBreak: (error) => legs.broke(answer, error) });
  } finally {
    unwatch();
  }
  books.requests.add({ endpoint: endpointOf(res), code: answer.status, route: routeName(legs) });
  if (answer.status >= 500)
    log.failed(headers, { fault: `status ${answer.status}`, error: `${role}'s own answer, handed on` });
}

/** As the metrics call the way that a request took, and what it asked for. */
export const routeName = (legs: CallLegs | undefined) => (legs?.progress.alone ? "decode_only" : "pd");
export const endpointOf = ({ req }: ServerResponse<IncomingMessage>) => pathOf(req);
