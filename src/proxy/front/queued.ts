import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * A client may write its next request before it has an answer. The answer to that one waits for its turn without a connection of its own, and node:http
 * says nothing of it when the connection goes: here it closes as others do.
 */
export function closeWithConnection({ socket }: IncomingMessage, res: ServerResponse): void {
  if (res.socket !== null) return; // its turn has come: node:http tells
  const gone = () => {
    if (res.socket !== null || res.writableFinished) return;
    res.destroy();
    res.emit("close");
  };
  socket.setMaxListeners(0); // many may wait at once
  socket.on("close", gone);
  res.on("close", () => socket.off("close", gone));
}
