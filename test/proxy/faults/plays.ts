import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { Meant } from "../fake/meant.ts";
import { type Fields, headText, writeCut } from "../wire/write.ts";

export const head = ({ status, type }: Meant, more: Fields, version = "HTTP/1.1") =>
  headText(`${version} ${status} OK`, [["content-type", type], ["x-engine", "w"], ...more]);
export const length = ({ body }: Meant, by = 0): Fields => [["content-length", String(body.length + by)]];
export const CLOSE: Fields = [["connection", "close"]];
export const CHUNKED: Fields = [["transfer-encoding", "chunked"]];
export const SIZES = [1, 7, 100];
export const half = ({ body }: Meant) => body.subarray(0, Math.floor(body.length / 2));

export const finAfter =
  (...parts: Buffer[]) =>
  (socket: Socket) =>
    void socket.end(Buffer.concat(parts));
/** Once the bytes have left this process: a reset throws away what has not. */
export const resetAfter = (socket: Socket, bytes: Buffer) =>
  void socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), READ_MS));
const READ_MS = 30; // for the other side to read what came before; without it the reset may come first, which is another fault of this table

export function zipped(it: Meant): Buffer {
  const body = gzipSync(it.body);
  return Buffer.concat([
    head(it, [["content-encoding", "gzip"], ["content-length", String(body.length)], ...CLOSE]),
    body,
  ]);
}

export const LATE = Buffer.from('data: {"error": {"message": "late", "code": 500}}\n\n');

/** Only a stream has events. */
export function lateError(it: Meant): Buffer {
  const isStream = it.type.startsWith("text/event-stream");
  const body = isStream ? Buffer.concat([it.body, LATE]) : it.body;
  return Buffer.concat([head(it, [["content-length", String(body.length)], ...CLOSE]), body]);
}

/** Each byte of the head and of the first events in a write of its own. */
export async function bytewise(socket: Socket, bytes: Buffer): Promise<void> {
  await writeCut(
    socket,
    bytes,
    Array.from({ length: 250 }, (_, at) => at),
  );
  socket.end();
}
