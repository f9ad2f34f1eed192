import type { Socket } from "node:net";
import { isObject, type JsonObject, parseJson } from "../json.ts";

export interface Frame {
  readonly head: JsonObject;
  readonly body: Buffer;
}

const SIZES = 8; // two lengths, big-endian: head, body

/** What the stand-ins say to each other on a side channel: a JSON head and raw bytes. */
export function sendFrame(socket: Socket, head: JsonObject, body: Buffer = Buffer.alloc(0)): void {
  const text = Buffer.from(JSON.stringify(head));
  const sizes = Buffer.alloc(SIZES);
  sizes.writeUInt32BE(text.length, 0);
  sizes.writeUInt32BE(body.length, 4);
  socket.write(Buffer.concat([sizes, text, body]));
}

/** Calls `on` for every whole frame. Whoever speaks something else is cut off. */
export function onFrames(socket: Socket, on: (frame: Frame) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (pending.length < SIZES) return;
      const headEnd = SIZES + pending.readUInt32BE(0);
      const end = headEnd + pending.readUInt32BE(4);
      if (headEnd > MOST) {
        socket.destroy();
        return;
      }
      if (pending.length < end) return;
      const head = parseJson(pending.toString("utf8", SIZES, headEnd))?.value;
      if (!isObject(head)) {
        socket.destroy();
        return;
      }
      const body = pending.subarray(headEnd, end);
      pending = pending.subarray(end);
      on({ head, body });
    }
  });
}

const MOST = 1 << 24; // no head is that long: the bytes of a stranger (an HTTP request) read as a length
