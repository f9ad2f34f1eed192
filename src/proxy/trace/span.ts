/** One piece of work of a request, when it has ended. Times are milliseconds since the epoch, with fractions. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: "server" | "client";
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Why it failed, if it did. */
  readonly error: string | undefined;
}

/** What is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const KINDS = { server: 2, client: 3 };
const ERROR = 2;

/** A batch as OTLP's JSON. Source: OpenTelemetry Protocol 1.x, ExportTraceServiceRequest. */
export function otlpOf(spans: readonly Span[], service: string): string {
  const scope = { name: "pdctl-proxy" };
  const resource = { attributes: attributesOf({ "service.name": service }) };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(spanOf) }] }] });
}

const spanOf = ({ traceId, spanId, parentId, name, kind, startMs, endMs, attributes, error }: Span) => ({
  ...{ traceId, spanId, ...(parentId !== undefined && { parentSpanId: parentId }) },
  ...{ name, kind: KINDS[kind], startTimeUnixNano: nanoseconds(startMs), endTimeUnixNano: nanoseconds(endMs) },
  attributes: attributesOf(attributes),
  ...(error !== undefined && { status: { code: ERROR, message: error } }),
});

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]));

/** 64-bit integers are texts in OTLP's JSON. */
function anyValue(value: string | number): object {
  if (typeof value === "string") return { stringValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Whole microseconds: what a double holds of a date. */
const nanoseconds = (ms: number) => `${Math.round(ms * 1000)}000`;
