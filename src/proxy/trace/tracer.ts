import type { IncomingHttpHeaders } from "node:http";
import type { Slot } from "../routing/endpoint.ts";
import { slotName } from "../routing/endpoint.ts";
import { contextOf, newSpanId, traceparent } from "./context.ts";
import type { Attributes, Span } from "./span.ts";

/** Milliseconds since the epoch, by a clock that never jumps. */
const wallMs = () => performance.timeOrigin + performance.now();

/** Makes the spans of requests: one for each, and under it one for each of its legs. */
export class Tracer {
  readonly #share: number;
  readonly #onSpan: (span: Span) => void;

  /** @param share of the requests that come without a trace of their own, 0…1 */
  constructor(share: number, onSpan: (span: Span) => void) {
    this.#share = share;
    this.#onSpan = onSpan;
  }

  /** @returns none for a request that is not to be recorded */
  begin(headers: IncomingHttpHeaders): RequestTrace | undefined {
    const { traceId, parentId, isSampled } = contextOf(headers.traceparent, this.#share);
    return isSampled ? new RequestTrace({ traceId, parentId }, this.#onSpan) : undefined;
  }
}

/** The spans of one request. */
export class RequestTrace {
  readonly #spanId = newSpanId();
  readonly #startMs = wallMs();
  readonly #ids: { readonly traceId: string; readonly parentId: string | undefined };
  readonly #onSpan: (span: Span) => void;

  constructor(ids: { traceId: string; parentId: string | undefined }, onSpan: (span: Span) => void) {
    this.#ids = ids;
    this.#onSpan = onSpan;
  }

  leg(slot: Slot): LegTrace {
    const [spanId, startMs] = [newSpanId(), wallMs()];
    let isOver = false;
    return {
      traceparent: traceparent(this.#ids.traceId, spanId),
      end: (outcome) => {
        if (isOver) return;
        isOver = true;
        const { role, url } = slot.endpoint;
        this.#onSpan({
          ...{ traceId: this.#ids.traceId, spanId, parentId: this.#spanId, name: role, kind: "client", startMs },
          endMs: wallMs(),
          attributes: {
            ...{ "pdctl.role": role, "pdctl.target": slotName(slot), "server.address": new URL(url).hostname },
            "http.response.status_code": outcome.status,
          },
          error: outcome.error,
        });
      },
    };
  }

  end(name: string, { attributes, error }: { attributes: Attributes; error: string | undefined }): void {
    const { traceId, parentId } = this.#ids;
    const [spanId, startMs, endMs] = [this.#spanId, this.#startMs, wallMs()];
    this.#onSpan({ traceId, spanId, parentId, name, kind: "server", startMs, endMs, attributes, error });
  }
}

/** One leg, from when it is sent until its answer has ended. */
export interface LegTrace {
  /** Goes to the engine in the place of what the client sent. */
  readonly traceparent: string;
  /** Once; what comes later is not heard. */
  end(outcome: { readonly status?: number | undefined; readonly error?: string | undefined }): void;
}
