import type { Books } from "../books/books.ts";
import type { Log } from "../books/log.ts";
import type { Settled } from "../settings/usual.ts";
import { Exporter } from "./exporter.ts";
import { Tracer } from "./tracer.ts";

export type { LegTrace, RequestTrace } from "./tracer.ts";

export interface Tracing {
  readonly tracer: Tracer;
  close(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Spans of requests to a collector, where one is named: in the config, or as OpenTelemetry's own variables do (what a collector wants as a key
 * stands there too, in OTEL_EXPORTER_OTLP_HEADERS). @returns none without a collector
 */
export function openTracing(
  config: Settled,
  { env, books, log }: { env: Env; books: Books; log: Log },
): Tracing | undefined {
  const url = collector(config, env);
  if (url === undefined) return undefined;
  const exporter = new Exporter({
    url,
    headers: headersOf(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? ""),
    service: env.OTEL_SERVICE_NAME || "pdctl-proxy",
    onSpans: (result, count) => books.spans.adder({ result })(count),
    onFailure: (why) => log.say(`spans do not reach ${url}: ${why}`),
  });
  return {
    tracer: new Tracer(config.trace_share, (span) => exporter.add(span)),
    close: () => exporter.close(),
  };
}

/** Source: OpenTelemetry Protocol Exporter, Endpoint URLs for OTLP/HTTP. */
function collector({ trace_endpoint }: Settled, env: Env): string | undefined {
  if (trace_endpoint !== undefined) return `${trace_endpoint}/v1/traces`;
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_TRACES_EXPORTER === "none") return undefined;
  if (env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return base ? `${base.replace(/\/$/, "")}/v1/traces` : undefined;
}

/** `name=value,name=value`, values percent-encoded. */
const headersOf = (text: string) =>
  Object.fromEntries(
    text
      .split(",")
      .filter((pair) => pair.includes("="))
      .map((pair) => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at).trim(), plain(pair.slice(at + 1).trim())];
      }),
  );

function plain(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (error instanceof URIError) return encoded; // a key may have a % of its own
    throw error;
  }
}
