import { randomBytes } from "node:crypto";

/** Where in which trace a request stands. */
export interface TraceContext {
  readonly traceId: string;
  /** The span of whoever sent it. */
  readonly parentId: string | undefined;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/**
 * The context that a request brings, or a new one. Who began a trace has decided whether it is recorded; of those that begin here it is a share.
 * Source: W3C Trace Context, traceparent.
 */
export function contextOf(header: string | string[] | undefined, share: number): TraceContext {
  const [, traceId, parentId, flags = ""] = (typeof header === "string" && TRACEPARENT.exec(header)) || [];
  if (traceId !== undefined && parentId !== undefined)
    return { traceId, parentId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
  const id = randomBytes(16);
  return { traceId: id.toString("hex"), parentId: undefined, isSampled: id.readUInt32BE(12) < share * 2 ** 32 };
}

export const newSpanId = (): string => randomBytes(8).toString("hex");

export const traceparent = (traceId: string, spanId: string): string => `00-${traceId}-${spanId}-01`;
