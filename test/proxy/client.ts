import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request } from "node:http";

export interface Ask {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
  /** The answer ended as HTTP says an answer ends. A client library would take it for all there is. */
  readonly whole: boolean;
}

/** One request, read to its end or to where it broke. */
export async function ask(options: Ask): Promise<Answer> {
  const open = openAsk(options);
  const res = await open.head;
  const chunks: Buffer[] = [];
  res.on("data", (chunk: Buffer) => chunks.push(chunk));
  const whole = await ended(res);
  const bytes = Buffer.concat(chunks);
  return { status: res.statusCode ?? 0, headers: res.headers, text: bytes.toString(), bytes, whole };
}

/** One request whose client can leave at any time. */
export function openAsk({ port, path = "/v1/completions", method = "POST", body, headers = {} }: Ask): {
  readonly head: Promise<IncomingMessage>;
  leave(): void;
} {
  const req = request({ port, path, method, headers, host: "127.0.0.1", agent: false });
  const head = once(req, "response").then(
    ([res]: IncomingMessage[]) => res ?? Promise.reject(new Error("no response")),
  );
  head.catch(() => undefined); // a client that left does not wait for it; who does sees the rejection
  req.on("error", () => undefined);
  req.end(body);
  return { head, leave: () => void req.destroy() };
}

const ended = (res: IncomingMessage) =>
  new Promise<boolean>((resolve) => {
    res.on("close", () => resolve(res.complete));
    res.on("error", () => undefined); // "aborted": `complete` says it
  });

/** The events of a stream that carry JSON, in their order. */
export const eventsIn = (stream: string) =>
  stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)));

/** What the events say of one choice. */
export const textIn = (stream: string, index = 0): string =>
  eventsIn(stream)
    .flatMap(({ choices }) => choices ?? [])
    .filter((choice) => (choice.index ?? 0) === index)
    .map(({ text, delta }) => text ?? delta?.content ?? "")
    .join("");
