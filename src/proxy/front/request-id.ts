import { randomBytes, randomUUID } from "node:crypto";

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;

/** The ids in use. Engines refuse an id that is live, so no two requests have the same one. Source: proxy-protocols.md §3.1 R7. */
export class RequestIds {
  readonly #live = new Set<string>();

  /** The client's own id where it is a plain one, a new one else. */
  take(wished: string | undefined): string {
    const base = wished !== undefined && WELL_FORMED.test(wished) ? wished : randomUUID();
    const id = this.#live.has(base) ? `${base}-${randomBytes(4).toString("hex")}` : base;
    this.#live.add(id);
    return id;
  }

  release(id: string): void {
    this.#live.delete(id);
  }
}
