/** What a leg carries: one buffer, or the pieces of a body so large that a copy of it would be felt. */
export type Payload = Buffer | Pieces;

/** Bytes that lie in several places and are sent one after the other. */
export class Pieces {
  readonly parts: readonly Buffer[];
  readonly length: number;

  constructor(parts: readonly Buffer[], length: number) {
    this.parts = parts;
    this.length = length;
  }
}

/** In one place, copied if need be. */
export const joined = (payload: Payload): Buffer =>
  payload instanceof Pieces ? Buffer.concat(payload.parts, payload.length) : payload;
