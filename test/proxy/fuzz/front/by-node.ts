import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import type { FrontCase } from "./front-case.ts";

/** A request as node:http read it. */
export interface ReadRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** What the proxy says to it; 200 to a completion: an engine is asked. */
  readonly status: number;
  /** What came of its body. */
  readonly body: Buffer;
  readonly isWhole: boolean;
}

/** One connection as node:http takes it. */
export interface ByNode {
  readonly requests: readonly ReadRequest[];
  /** How many answers there are when so many pieces have been written. */
  readonly answers: readonly number[];
  /** All that it wrote, after the client's end as well. */
  readonly text: string;
  /** A request was read, or read to its end, in the same write as what broke the connection: whether it is answered, and served, is chance. */
  readonly isRace: boolean;
}

const NOTHING = Buffer.alloc(0);
const COMPLETIONS = ["/v1/completions", "/v1/chat/completions"];
const MOST = 64 * 1024 * 1024; // of a body, which docs/proxy.md states

/**
 * What node:http reads of these bytes when they come in these pieces, each after the answers to what came before it. Nothing here is the proxy's: a
 * server of node:http on a stream in memory, and what the proxy's documents say of paths, methods, versions and codings.
 */
export async function byNode({ bytes, cuts }: Pick<FrontCase, "bytes" | "cuts">): Promise<ByNode> {
  const requests: ReadRequest[] = [];
  const server = createServer((req, res) => {
    const read = { ...refused(req), body: NOTHING, isWhole: false };
    requests.push(read);
    if (read.status !== 200 || isHealth(req)) return answer(req, res, read.status); // of its body nobody wants to know
    req.on("data", (chunk: Buffer) => {
      read.body = Buffer.concat([read.body, chunk]);
    });
    req.on("error", () => undefined); // it did not come to its end, as `body` says
    req.on("end", () => {
      read.isWhole = true;
      read.status = isObject(read.body) || req.method !== "POST" ? 200 : 400;
      answer(req, res, read.status);
    });
  });
  server.on("checkExpectation", (req, res) => {
    requests.push({ ...refused(req), status: 417, body: NOTHING, isWhole: false });
    res.writeHead(417).end();
  });
  const wire = new Wire();
  server.emit("connection", wire);
  const answers: number[] = [];
  let isRace = false;
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const [answered, stood] = [finalsIn(wire.text), wire.destroyed];
    if (to > from && !wire.destroyed) wire.push(bytes.subarray(from, to));
    from = Math.max(from, to);
    await settled();
    if (requests.length > answered && !stood && wire.destroyed) isRace = true;
    answers.push(answersIn(wire.text).length);
  }
  if (!wire.destroyed) wire.push(null);
  await settled();
  wire.destroy();
  return { requests, answers, text: wire.text, isRace };
}

const isHealth = ({ url = "" }: IncomingMessage) => url.split("?")[0] === "/health";

/** What is said to a request before its body: by docs/proxy.md. */
function refused(req: IncomingMessage): Omit<ReadRequest, "body" | "isWhole"> {
  const { method = "", url = "", headers, httpVersion } = req;
  const coding = headers["transfer-encoding"];
  const path = url.split("?")[0] ?? "";
  const isKnown = COMPLETIONS.includes(path) || path === "/health";
  const allowed = path === "/health" ? ["GET", "HEAD"] : ["POST"];
  const status =
    httpVersion !== "1.0" && httpVersion !== "1.1"
      ? 505
      : coding !== undefined && (httpVersion === "1.0" || coding.trim().toLowerCase() !== "chunked")
        ? 501
        : !isKnown
          ? 404
          : !allowed.includes(method)
            ? 405
            : path !== "/health" && Number(headers["content-length"] ?? 0) > MOST
              ? 413
              : 200;
  return { method, url, headers, status };
}

function answer({ method }: IncomingMessage, res: ServerResponse, status: number): void {
  if (res.destroyed) return;
  if (status === 501 || status === 505) res.setHeader("connection", "close");
  res.writeHead(status, { "content-length": 2 }).end(method === "HEAD" ? undefined : "{}");
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isObject(body: Buffer): boolean {
  try {
    const it: unknown = JSON.parse(strictUtf8.decode(body));
    return typeof it === "object" && it !== null && !Array.isArray(it);
  } catch {
    return false;
  }
}

/** The statuses of all answers, and how each leaves the connection. */
export const answersIn = (text: string): readonly string[] =>
  [...text.matchAll(/HTTP\/1\.1 ([1-5]\d\d) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/g)].map(
    ([, status, fields]) => `${status} ${/^connection: (.*)\r$/im.exec(fields ?? "")?.[1]?.toLowerCase() ?? ""}`,
  );

const finalsIn = (text: string) => answersIn(text).filter((each) => !each.startsWith("1")).length;

/** A connection in memory: what is pushed is what the client writes. */
class Wire extends Duplex {
  text = "";

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString("latin1");
    done();
  }
}

/** What was pushed has been read and answered: all of it is work of this turn and the next ones. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
