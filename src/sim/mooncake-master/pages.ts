import { createServer, type RequestListener, type Server } from "node:http";
import { metricsPage } from "./metrics.ts";

type Page = readonly [status: number, type: string | undefined, body: string];

const JSON_TYPE = "application/json; charset=utf-8";
const PLAIN = "text/plain; charset=utf-8";
const PROMETHEUS = "text/plain; version=0.0.4";
const NOT_FOUND: Page = [404, undefined, "404 Not Found"];

/** The metrics port of a master that nobody has stored anything in. */
const admin: ReadonlyMap<string, Page> = new Map<string, Page>([
  [
    "/health",
    [
      200,
      JSON_TYPE,
      '{"status":"ok","role":"leader","ha_state":"serving","service_ready":true,"leader_address":null,"view_version":null}',
    ],
  ],
  ["/metrics", [200, PROMETHEUS, metricsPage]],
  [
    "/metrics/summary",
    [200, PROMETHEUS, "role=leader, state=serving, service_ready=true, master={Keys: 0 | Clients: 0}"],
  ],
  ["/role", [200, PLAIN, "leader"]],
  ["/ha_status", [200, PLAIN, "serving"]],
  ["/leader", [200, JSON_TYPE, '{"present":false,"leader_address":null,"view_version":null}']],
  ["/get_all_keys", [200, PROMETHEUS, ""]],
  ["/get_all_segments", [200, PROMETHEUS, ""]],
  ["/get_segments_detail", [200, JSON_TYPE, '{"total_segments":0,"segments":[]}']],
  ["/query_key", [404, JSON_TYPE, '{"success":false,"error_code":-704,"error_message":"OBJECT_NOT_FOUND"}']],
  ["/query_segment", [500, PROMETHEUS, "Failed to query segment"]],
]);

export const adminServer = (): Server =>
  createServer(answering(({ method, path }) => (method === "GET" ? (admin.get(path) ?? NOT_FOUND) : NOT_FOUND)));

/** The HTTP metadata server: a map from keys to what clients put there. */
export function metadataServer(): Server {
  const kept = new Map<string, string>();
  return createServer(
    answering(({ method, path, key, body }) => {
      if (path === "/health" && method === "GET") return [200, undefined, "OK"];
      if (path !== "/metadata") return NOT_FOUND;
      if (key === null) return [400, undefined, "Missing key parameter"];
      const known = kept.get(key);
      if (method === "PUT") kept.set(key, body);
      if (method === "PUT") return [200, undefined, "metadata updated"];
      if (method === "GET" && known !== undefined) return [200, "application/json", known];
      if (method === "DELETE" && kept.delete(key)) return [200, undefined, "metadata deleted"];
      return [404, undefined, "metadata not found"];
    }),
  );
}

interface Asked {
  readonly method: string | undefined;
  readonly path: string;
  readonly key: string | null;
  readonly body: string;
}

const answering =
  (page: (asked: Asked) => Page): RequestListener =>
  (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://master");
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const asked = { method: req.method, path: pathname, key: searchParams.get("key") };
      const [status, type, body] = page({ ...asked, body: Buffer.concat(chunks).toString() });
      res.writeHead(status, { "content-length": Buffer.byteLength(body), ...(type && { "content-type": type }) });
      res.end(body);
    });
  };
