import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { Reader, type WireBody, type WireHead } from "./reader.ts";

/** One request as it came over the wire, strictly read. */
export interface Taken extends WireHead {
  readonly method: string;
  readonly path: string;
  readonly body: WireBody;
  readonly socket: Socket;
  /** 1 for the first request of its connection. */
  readonly nth: number;
  /** The values of a header, in their order. */
  all(name: string): readonly string[];
  /** The first value of a header, or nothing. */
  get(name: string): string;
}

/** What the engine does with a request: it writes to the socket, or not. Resolves with whether the connection goes on. */
export type Serve = (taken: Taken) => Promise<boolean>;

/**
 * An engine on a bare socket. It reads what comes as strictly as HTTP/1.1 allows, so that a request that only a lenient parser would take
 * is an error here, and writes whatever it is told to, also what is no HTTP.
 */
export class RawEngine {
  readonly #serve: Serve;
  readonly #page: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  /** What came in that is no HTTP. */
  readonly malformed: unknown[] = [];
  url = "";

  /** @param page what it answers to every GET: its health, its models */
  constructor(serve: Serve, page = "{}") {
    this.#page = `HTTP/1.1 200 OK\r\ncontent-length: ${page.length}\r\n\r\n${page}`;
    this.#serve = serve;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async start(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket.setMaxListeners(0)); // many requests come over one
      socket.on("close", () => this.#sockets.delete(socket)).on("error", () => undefined); // a reset is what faults are about
      void this.#talk(socket);
    });
    server.listen(this.url ? Number(new URL(this.url).port) : 0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) this.url = `http://127.0.0.1:${address.port}`;
    this.#server = server;
  }

  /** All its connections end, as when it dies; new ones come in. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    if (!this.#server) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.hangUp();
    this.#server = undefined;
    await closed;
  }

  async #talk(socket: Socket): Promise<void> {
    const reader = new Reader(socket);
    try {
      for (let nth = 1; !socket.destroyed; nth++) {
        const head = await reader.head();
        if (!head) break;
        const [method = "", path = ""] = head.start.split(" ");
        const all = (name: string) =>
          head.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
        const body = await reader.body(head);
        if (body.end === "cut") break;
        const get = (name: string) => all(name)[0] ?? "";
        if (method === "GET") socket.write(this.#page);
        else if (!(await this.#serve({ ...head, method, path, body, socket, nth, all, get }))) return;
      }
      socket.end();
    } catch (error) {
      this.malformed.push(error);
      socket.destroy();
    }
  }
}
