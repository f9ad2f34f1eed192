import { once } from "node:events";
import { type IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** An answer as the engine means it, before it is put on a wire. */
export interface Meant {
  readonly status: number;
  /** Of a stream: text/event-stream. */
  readonly type: string;
  readonly body: Buffer;
}

/** Takes what a response writes. */
class Sink extends Socket {
  readonly written: Buffer[] = [];
  override _write(chunk: Buffer, encoding: BufferEncoding, taken: () => void): void {
    this.written.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    taken();
  }
  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], taken: () => void): void {
    for (const { chunk, encoding } of chunks) this._write(chunk, encoding, () => undefined);
    taken();
  }
}

/** Has an engine answer into a response that goes nowhere. */
export async function meant(req: IncomingMessage, answer: (res: ServerResponse) => Promise<void>): Promise<Meant> {
  const [res, sink] = [new ServerResponse(req), new Sink()];
  res.shouldKeepAlive = false;
  res.useChunkedEncodingByDefault = false; // so that what follows the head is the body
  res.assignSocket(sink);
  const finished = once(res, "finish");
  await answer(res);
  await finished;
  const bytes = Buffer.concat(sink.written);
  const end = bytes.indexOf("\r\n\r\n");
  return {
    status: res.statusCode,
    type: /^content-type: (.*)\r$/im.exec(bytes.toString("latin1", 0, end))?.[1] ?? "",
    body: bytes.subarray(end + 4),
  };
}
