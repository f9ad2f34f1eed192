import { randomBytes, randomUUID } from "node:crypto";

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;

/** The ids in use. Engines refuse an id that is live, so no two requests have the same one. Source: proxy-protocols.md §3.1 R7. */
export class RequestIds {
  readonly #live = new Set<string>();

  /** The client's own id where it is a plain one, a new one else. */
  take(wished: string | undefined): string {
    return this.#free(wished !== undefined && WELL_FORMED.test(wished) ? wished : randomUUID());
  }

  /** One more id for the work of a request that has one. */
  child(id: string, word: string): string {
    return this.#free(`${id}-${word}`);
  }

  #free(base: string): string {
    const id = this.#live.has(base) ? `${base}-${randomBytes(4).toString("hex")}` : base;
    this.#live.add(id);
    return id;
  }

  release(id: string): void {
    this.#live.delete(id);
  }
}
