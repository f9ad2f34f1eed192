import http from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Session } from "./session.ts";

/**
 * An http.Agent whose connections are made from the node: what listens there on a data-plane address is reachable from
 * the launcher. One channel per request, since an idle kept channel can be half closed without anyone noticing (recipes.md §5).
 * `destroy()` also ends connections that are still being made.
 */
export function sessionAgent(session: Session): http.Agent {
  return new SessionAgent(session);
}

class SessionAgent extends http.Agent {
  readonly #session: Session;
  readonly #gone = new AbortController();

  constructor(session: Session) {
    super({ keepAlive: false });
    this.#session = session;
  }

  override createConnection(
    options: http.ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | undefined {
    const host = options.host ?? "127.0.0.1";
    this.#session.connect(host, Number(options.port ?? 80), this.#gone.signal).then(
      (stream) => {
        stream.on("end", () => stream.destroy());
        callback?.(null, asSocket(stream));
      },
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }

  override destroy(): void {
    this.#gone.abort(new Error("the agent was destroyed"));
    super.destroy();
  }
}

/** node:http calls these on what it takes for a socket; on a channel they mean nothing. */
function asSocket(stream: Duplex): Duplex {
  if (stream instanceof Socket) return stream;
  const same = () => stream;
  return Object.assign(stream, { setKeepAlive: same, setNoDelay: same, setTimeout: same, ref: same, unref: same });
}
