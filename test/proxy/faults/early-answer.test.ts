import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { clients } from "../../../src/proxy/upstream/clients.ts";

const HEAD = { method: "POST", path: "/v1/completions", headers: {} } as const;
const REFUSAL = "HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";

it.each(Object.entries(clients))(
  "an answer that comes before the request has been read is the answer (%s), and the connection carries no other",
  async (_, open) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.pause(); // the rest of the request is never read
        socket.write(REFUSAL);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const upstream = open(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
    try {
      for (let asked = 1; asked <= 2; asked++) {
        const body = Buffer.alloc(32 * 1024 * 1024, 0x20); // more than a socket's buffers hold
        const reply = await upstream.request(HEAD, body, new AbortController().signal);
        expect([reply.status, (await reply.bytes()).toString()]).toEqual([413, "no"]);
        expect(sockets.size).toBe(asked);
      }
    } finally {
      await upstream.close();
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    }
  },
);
