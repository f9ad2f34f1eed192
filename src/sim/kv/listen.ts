import { createServer, type Server, type Socket } from "node:net";
import { engineRaised } from "../fatal.ts";

export interface Listener {
  readonly port: number;
  close(): void;
}

/** Binds what the engine binds with zmq; a clash ends the engine with zmq's words. Source: launch.md §6.1 rows 2, 3, 10. */
export async function listenZmq(host: string, port: number, on: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    on(socket);
  });
  await bind(server, host, port);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(engineRaised("zmq.error.ZMQError", zmqWords(error, host, port))),
    );
    server.listen({ host, port }, () => resolve());
  });
}

function zmqWords(error: NodeJS.ErrnoException, host: string, port: number): string {
  const what =
    error.code === "EADDRINUSE"
      ? "Address already in use"
      : error.code === "EADDRNOTAVAIL"
        ? "Cannot assign requested address"
        : error.code === "ENOTFOUND" || error.code === "EAI_AGAIN"
          ? "No such device"
          : error.message;
  return `${what} (addr='tcp://${host}:${port}')`;
}
