import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { Pool } from "undici";

export interface PlainRelay {
  readonly port: number;
  close(): Promise<void>;
}

const HOP = new Set(["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"]);

/**
 * The plainest relay that node:http and undici make: one leg, the body piped on, the answer piped back, whatever breaks breaks. What pdctl's proxy
 * does to an answer is held against what this one does to the same answer.
 */
export async function plainRelay(url: string): Promise<PlainRelay> {
  const pool = new Pool(url, { headersTimeout: 0, bodyTimeout: 0 });
  const times = { keepAliveTimeout: 0 }; // its clients come seldom, and a connection must not end as one of them writes
  const server = createServer(times, (req, res) => void relay(pool, req, res));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
      await pool.destroy();
    },
  };
}

async function relay(pool: Pool, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const body = await buffered(req);
    const answer = await pool.request({
      method: "POST",
      path: req.url ?? "/",
      headers: endToEnd(req.rawHeaders),
      body,
      responseHeaders: "raw",
      reset: true, // a connection for every request: none is lost because an engine closed an idle one
    });
    const fields: unknown = answer.headers; // `raw`: names and values in turns
    res.writeHead(answer.statusCode, Array.isArray(fields) ? endToEnd(fields.map(String)) : []);
    await passed(answer.body, res);
  } catch {
    if (res.headersSent)
      res.destroy(); // the client sees that it is not whole
    else res.writeHead(502, { "x-relay-error": "1" }).end();
  }
}

/** Without holding the engine back: undici 7 throws past everybody when it is held back and the connection ends (nodejs/undici#5360). */
async function passed(body: Readable, res: ServerResponse): Promise<void> {
  body.on("data", (chunk: Buffer) => void res.write(chunk));
  await finished(body);
  res.end();
}

async function buffered(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The header lines that are not of one connection. */
function endToEnd(raw: readonly string[]): string[] {
  const lines = Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? "", raw[2 * at + 1] ?? ""] as const);
  const named = new Set(
    lines
      .filter(([name]) => name.toLowerCase() === "connection")
      .flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/)),
  );
  return lines
    .filter(
      ([name]) =>
        !HOP.has(name.toLowerCase()) && !named.has(name.toLowerCase()) && name.toLowerCase() !== "content-length",
    )
    .flat();
}
