import type { Socket } from "node:net";

export type Fields = readonly (readonly [name: string, value: string])[];

export const headText = (start: string, fields: Fields): Buffer =>
  Buffer.from(`${[start, ...fields.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`, "latin1");

/** @param sizes of the chunks, in turns, each at least 1 */
export function chunkedText(
  body: Buffer,
  sizes: readonly number[],
  { extension = "", trailers = [] }: { extension?: string; trailers?: Fields } = {},
): Buffer {
  const parts: Buffer[] = [];
  for (let [at, turn] = [0, 0]; at < body.length; turn++) {
    const chunk = body.subarray(at, at + Math.max(1, sizes[turn % sizes.length] ?? body.length));
    parts.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`, "latin1"), chunk, Buffer.from("\r\n"));
    at += chunk.length;
  }
  parts.push(headText("0", trailers));
  return Buffer.concat(parts);
}

/** Writes in as many pieces as there are cuts, each in a turn of the event loop of its own. Resolves early when the socket ends. */
export async function writeCut(socket: Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    if (socket.destroyed) return;
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    if (to > from) socket.write(bytes.subarray(from, to));
    from = Math.max(from, to);
  }
}
