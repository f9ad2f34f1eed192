import { connect, type Socket } from "node:net";

/** One try to reach a peer of the group; undefined when nobody answers there yet. Later errors end the socket, whose close tells. */
export function dial(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once("connect", () => {
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}
