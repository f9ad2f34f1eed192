import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { clients } from "../../../src/proxy/upstream/clients.ts";
import { type Head, type Upstream, UpstreamError } from "../../../src/proxy/upstream/upstream.ts";

/** What the caller got of one answer. */
export type Got =
  | { readonly status: number; readonly headers: object; readonly body: string }
  | { readonly failed: string; readonly idleClosed: boolean };

export const never = new AbortController().signal;
export const get = { method: "GET", path: "/", headers: {} } as const;

/** A server that says exactly these bytes to each request that it has read, connection by connection. */
export async function speaking(
  answer: (socket: Socket, request: { readonly text: string; readonly connection: number }) => void,
  test: (url: string) => Promise<void>,
): Promise<void> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = connections++;
    sockets.add(socket);
    socket.on("error", () => undefined); // the client may reset it: that is what some tests are about
    socket.on("data", (bytes) => answer(socket, { text: bytes.toString("latin1"), connection }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  try {
    await test(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await once(server.close(), "close");
  }
}

export async function ask(upstream: Upstream, head: Head = get, body?: Buffer): Promise<Got> {
  try {
    const reply = await upstream.request(head, body, never);
    const bytes = await reply.bytes();
    return { status: reply.status, headers: { ...reply.headers }, body: bytes.toString("latin1") };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return { failed: error.kind, idleClosed: error.idleClosed };
  }
}

/** One answer, written in these pieces, then the end of the connection if asked for. */
export async function answered(
  client: keyof typeof clients,
  pieces: readonly string[],
  { head = get, ends = false }: { head?: Head; ends?: boolean } = {},
): Promise<Got> {
  let got: Got | undefined;
  const say = async (socket: Socket) => {
    for (const piece of pieces) {
      await new Promise((resolve) => socket.write(piece, "latin1", resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (ends) socket.end();
  };
  await speaking(
    (socket) => void say(socket),
    async (url) => {
      const upstream = clients[client](url);
      got = await ask(upstream, head);
      await upstream.close();
    },
  );
  if (!got) throw new Error("no answer was asked for");
  return got;
}
