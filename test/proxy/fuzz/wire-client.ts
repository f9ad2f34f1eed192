import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Reader, WireError } from "../wire/reader.ts";
import { type Fields, writeCut } from "../wire/write.ts";

/** An answer as the client read it. */
export interface Seen {
  readonly status: number;
  readonly headers: Fields;
  readonly body: Buffer;
  /** It ended as HTTP says that an answer ends. */
  readonly whole: boolean;
}

/** One client on a bare socket; it keeps its connection as long as the other side does. */
export class WireClient {
  readonly #port: number;
  #open: { socket: Socket; reader: Reader } | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** @returns undefined when the connection ended before an answer began @throws WireError when what came is no HTTP */
  async ask(request: Buffer, cuts: readonly number[], dawdles = 0): Promise<Seen | undefined> {
    const { socket, reader } = await this.#connection();
    if (dawdles > 0) {
      socket.pause();
      setTimeout(() => socket.resume(), dawdles);
    }
    const written = writeCut(socket, request, cuts);
    const seen = await answerOf(reader);
    await written;
    if (reader.left.length > 0) throw new WireError(`bytes after the answer: ${reader.left.toString("latin1", 0, 80)}`);
    const closes = seen?.headers.some(([name, value]) => name.toLowerCase() === "connection" && value === "close");
    if (!seen?.whole || closes || reader.ended) this.close();
    return seen;
  }

  /** Sends a request and leaves: after that many bytes of the answer, or, at -1, as soon as it is sent; at the latest after `ms`. */
  async leave(request: Buffer, cuts: readonly number[], { at, ms }: { at: number; ms: number }): Promise<void> {
    const socket = connect(this.#port, "127.0.0.1").on("error", () => undefined);
    await once(socket, "connect");
    const closed = once(socket, "close");
    let read = 0;
    socket.on("data", (chunk: Buffer) => {
      read += chunk.length;
      if (read >= at) socket.destroy();
    });
    await writeCut(socket, request, cuts);
    const late = setTimeout(() => socket.destroy(), at < 0 ? 0 : ms);
    await closed;
    clearTimeout(late);
  }

  close(): void {
    this.#open?.socket.destroy();
    this.#open = undefined;
  }

  async #connection(): Promise<{ socket: Socket; reader: Reader }> {
    if (this.#open && !this.#open.socket.destroyed && !this.#open.reader.ended) return this.#open;
    const socket = connect(this.#port, "127.0.0.1").setNoDelay();
    const open = { socket, reader: new Reader(socket) };
    await once(socket, "connect");
    this.#open = open;
    return open;
  }
}

async function answerOf(reader: Reader): Promise<Seen | undefined> {
  for (;;) {
    const head = await reader.head();
    if (!head) return undefined;
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head.start)?.[1]);
    if (!(status >= 100)) throw new WireError(`status line ${head.start}`);
    if (status < 200) continue;
    const body = await reader.body(head, { none: status === 204 || status === 304, toEnd: true });
    return { status, headers: head.headers, body: body.bytes, whole: body.end === "whole" };
  }
}
