import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Payload, Pieces } from "../../body/payload.ts";
import { atTurnsEnd } from "../../turn.ts";
import type { Arriving, Line } from "../arriving.ts";
import { CONNECT_MS, IDLE_CLOSE_MS } from "../times.ts";
import { type Head, UpstreamError } from "../upstream.ts";
import { FramingError } from "./framing-error.ts";
import { Response, type Sink } from "./response.ts";
import type { ResponseHead } from "./response-head.ts";

/** Where the connections of one engine go. */
export interface Origin {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

export interface Owner {
  /** It can carry another request, within so many ms; undefined: its engine has not said how long it keeps it. */
  free(connection: Connection, idleMs: number | undefined): void;
  gone(connection: Connection): void;
}

/** One request, from before its connection is there until its answer is over. */
export interface Errand {
  readonly asked: Head;
  /** Its first part as it is written, latin1. */
  readonly head: string;
  readonly body: Payload | undefined;
  readonly arriving: Arriving;
}

/** All reads of all connections go here: what is kept is copied, and a read costs no buffer of its own. */
const READ = Buffer.allocUnsafeSlow(64 * 1024);
const ONE_WRITE = 16 * 1024; // up to here a copy is cheaper than a second buffer to write

/** One connection to an engine: one request at a time, its answer read strictly. */
export class Connection implements Sink, Line {
  readonly #owner: Owner;
  readonly #socket: Socket;
  /** What it is to send, until it has. */
  #errand: Errand | undefined;
  /** Whose answer is to come. */
  #arriving: Arriving | undefined;
  #response: Response | undefined;
  #head: ResponseHead | undefined;
  #isOpen = false;
  #isPaused = false;
  #wasIdle = false;
  #sentAt = 0;
  #trouble: Error | undefined;

  constructor(origin: Origin, owner: Owner) {
    this.#owner = owner;
    this.#socket = origin.isTls ? this.#overTls(origin) : this.#plain(origin);
    const late = setTimeout(() => {
      this.#socket.destroy(new Error(`no connection within ${CONNECT_MS / 1000} s`));
    }, CONNECT_MS);
    this.#socket
      .on(origin.isTls ? "secureConnect" : "connect", () => {
        clearTimeout(late);
        this.#isOpen = true;
        if (this.#errand) this.#send(this.#errand);
      })
      .on("end", () => this.#ended())
      .on("error", (error) => {
        this.#trouble ??= error;
      })
      .on("close", () => {
        clearTimeout(late);
        this.#fail(this.#trouble ?? new Error("the connection closed"));
        owner.gone(this);
      });
  }

  /** Whether its engine has closed it already. */
  get isGone(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Sends it now, or as soon as the connection is there. */
  carry(errand: Errand): void {
    this.#arriving = errand.arriving;
    errand.arriving.comesBy(this);
    if (this.#isOpen) this.#send(errand);
    else this.#errand = errand;
  }

  close(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
  }

  cut(): void {
    this.#arriving = undefined;
    this.#errand = undefined;
    this.#socket.destroy();
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    this.#arriving?.begin(head.status, head.headers);
  }

  onData(chunk: Buffer): void {
    this.#arriving?.take(Buffer.from(chunk));
  }

  #plain({ host, port }: Origin): Socket {
    const callback = (size: number) => {
      this.#take(READ.subarray(0, size));
      return true;
    };
    return connect({ host, port, noDelay: true, onread: { buffer: READ, callback } });
  }

  #overTls({ host, port }: Origin): Socket {
    const named = isIP(host) === 0 ? { servername: host } : {};
    return connectTls({ host, port, ...named, ALPNProtocols: ["http/1.1"] })
      .setNoDelay()
      .on("data", (bytes: Buffer) => this.#take(bytes));
  }

  #send({ asked, head, body, arriving }: Errand): void {
    this.#errand = undefined;
    const refusal = asked.gate?.();
    if (refusal) {
      this.#arriving = undefined;
      this.#free(undefined);
      arriving.fail(refusal);
      return;
    }
    this.#response = new Response(this, asked.method === "HEAD");
    this.#head = undefined;
    this.#sentAt = performance.now();
    this.#write(head, body);
  }

  #write(head: string, body: Payload | undefined): void {
    if (body === undefined || body.length === 0) this.#socket.write(head, "latin1");
    else if (body.length <= ONE_WRITE) {
      const bytes = Buffer.allocUnsafe(head.length + body.length);
      bytes.write(head, 0, "latin1");
      if (body instanceof Pieces) body.copyTo(bytes, head.length);
      else body.copy(bytes, head.length);
      atTurnsEnd(() => this.#socket.destroyed || this.#socket.write(bytes));
    } else this.#writeAll(head, body instanceof Pieces ? body.buffers() : [body]);
  }

  #writeAll(head: string, parts: Iterable<Buffer>): void {
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
  }

  #take(bytes: Buffer): void {
    const response = this.#response;
    if (!response) {
      this.#socket.destroy(); // it speaks without being asked: what follows could be taken for the next answer
      return;
    }
    try {
      response.take(bytes);
    } catch (error) {
      this.#misread(error);
      return;
    }
    if (response.isOver && this.#response === response) this.#over();
  }

  /** The engine will send no more. */
  #ended(): void {
    this.#response?.close();
    if (this.#response?.isOver) this.#over();
    else this.#fail(new Error("the connection ended before the answer did"));
    this.#socket.destroy();
  }

  /** What was read is no answer, nor the part of one. */
  #misread(error: unknown): void {
    if (!(error instanceof FramingError)) throw error;
    this.#fail(error);
    this.#socket.destroy();
  }

  /** The answer has come whole. The connection is free a turn later: bytes that came with the end would be taken for the next answer. */
  #over(): void {
    const arriving = this.#arriving;
    const { idleMs } = this.#head ?? {};
    this.#arriving = undefined;
    this.#response = undefined;
    if (idleMs === 0 || this.#socket.writableLength > 0) this.#socket.destroy();
    else {
      if (this.#isPaused) this.resume(); // else what follows would not be seen
      setImmediate(() => !this.isGone && this.#free(idleMs));
    }
    arriving?.finish();
  }

  #free(idleMs: number | undefined): void {
    this.#wasIdle = true;
    this.#owner.free(this, idleMs);
  }

  #fail(cause: Error): void {
    const arriving = this.#arriving;
    this.#arriving = undefined;
    this.#errand = undefined;
    if (!arriving) return;
    const kind = this.#head ? "broken" : this.#isOpen ? "silent" : "connect";
    const isLate = performance.now() - this.#sentAt >= IDLE_CLOSE_MS;
    const idleClosed = kind === "silent" && this.#wasIdle && !isLate && !this.#response?.hasBegun;
    arriving.fail(new UpstreamError(kind, { idleClosed, cause }));
  }
}
