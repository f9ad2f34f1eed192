import { setMaxListeners } from "node:events";
import type { Payload } from "../body/payload.ts";
import type { Books } from "../books/books.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import type { Traits } from "../routing/policies.ts";
import type { Roster } from "../routing/roster.ts";

/** What decode has to be sent so that it fetches the KV of a client that left, and with that tells prefill to let go of it. */
export interface Release {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Payload;
  /** Of the prompt, for decode's load. */
  readonly tokens: number;
  readonly traits: Traits;
  /** The prefill that holds it. */
  readonly from: Endpoint | undefined;
}

const AT_ONCE = 16; // decode has better things to do
const WAITING = 256; // beyond that prefill's own time limit frees the KV

/**
 * Frees KV that prefill would hold for minutes, after its client left between the legs: no abort of prefill's request frees it any more, and only a
 * decode that reads it does. The client is gone, so this goes on by itself, slowly, and ends with the proxy. Source: proxy-protocols.md §3.5 S2, §G.5.
 */
export class Releases {
  readonly #decode: Roster;
  readonly #books: Books;
  readonly #stop = new AbortController();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(decode: Roster, books: Books) {
    this.#decode = decode;
    this.#books = books;
    setMaxListeners(0, this.#stop.signal);
  }

  /** Resolves when it is over, whatever came of it. */
  async dispatch(release: Release): Promise<string> {
    const result = await this.#inTurn(() => this.#send(release));
    this.#books.releases.add({ result });
    return result;
  }

  stop(): void {
    this.#stop.abort(new Error("the proxy is stopping"));
    for (const go of this.#waiting.splice(0)) go();
  }

  async #inTurn(send: () => Promise<string>): Promise<string> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING) return "dropped";
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
    try {
      return await send();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #send({
    path,
    headers,
    body,
    tokens,
    traits,
    from,
  }: Release): Promise<"released" | "refused" | "failed" | "no_target"> {
    const seat = this.#decode.pick(tokens, new Set(), traits, from);
    if (!seat) return "no_target";
    const { endpoint, index } = seat.slot;
    const rank = endpoint.slots.length > 1 ? { "x-data-parallel-rank": String(index) } : {};
    try {
      const head = { method: "POST", path, headers: { ...headers, ...rank } } as const;
      const reply = await endpoint.upstream.request(head, body, this.#stop.signal);
      await reply.bytes();
      return reply.status === 200 ? "released" : "refused";
    } catch {
      return "failed"; // counted: prefill's own time limit frees the KV
    } finally {
      seat.release();
    }
  }
}
