import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { clients } from "../../../src/proxy/upstream/clients.ts";
import { type Upstream, UpstreamError } from "../../../src/proxy/upstream/upstream.ts";

type Open = (url: string) => Upstream;

async function withServer(
  open: Open,
  listener: RequestListener,
  test: (upstream: Upstream, url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const upstream = open(url);
  try {
    await test(upstream, url);
  } finally {
    await upstream.close();
    server.closeAllConnections();
    await once(server.close(), "close");
  }
}

const get = (path: string) => ({ method: "GET", path, headers: {} }) as const;
const never = new AbortController().signal;

describe.each(Object.entries(clients))("%s", (_, open) => {
  it("a request that is let go while it connects is never sent", async () => {
    const seen: string[] = [];
    await withServer(
      open,
      (req, res) => {
        seen.push(req.url ?? "");
        res.end();
      },
      async (upstream) => {
        const client = new AbortController();
        const reply = upstream.request(get("/gone"), undefined, client.signal);
        client.abort(new Error("left"));
        await expect(reply).rejects.toThrow("left");
        for (const path of ["/1", "/2"]) await (await upstream.request(get(path), undefined, never)).bytes();
        expect(seen).toEqual(["/1", "/2"]);
      },
    );
  });

  it("a gate that closes stops the request before a byte is sent", () =>
    withServer(
      open,
      () => expect.unreachable("it was sent"),
      async (upstream) => {
        const head = { ...get("/"), gate: () => new Error("too late") };
        await expect(upstream.request(head, undefined, never)).rejects.toThrow("too late");
      },
    ));

  it("how a request failed is told apart: not reached, no answer, an answer that broke", async () => {
    const kinds: unknown[] = [];
    const failing = async (upstream: Upstream, path: string) => {
      try {
        await (await upstream.request(get(path), undefined, never)).bytes();
      } catch (error) {
        kinds.push(error instanceof UpstreamError ? [error.kind, error.idleClosed] : error);
      }
    };
    const cutting: RequestListener = (req, res) => {
      if (req.url === "/broken") res.write("a", () => req.socket.destroy());
      else if (req.url === "/well") res.end();
      else req.socket.destroy();
    };
    await withServer(open, cutting, async (upstream) => {
      await failing(upstream, "/silent");
      await failing(upstream, "/broken");
      for (let well = 0; well < 2; well++) await (await upstream.request(get("/well"), undefined, never)).bytes();
      await failing(upstream, "/silent");
    });
    const closed = open("http://127.0.0.1:1");
    await failing(closed, "/");
    await closed.close();
    expect(kinds).toEqual([
      ["silent", false],
      ["broken", false],
      ["silent", true],
      ["connect", false],
    ]);
  });

  it("an answer that nobody reads yet is kept whole, and its engine is held back", () =>
    withServer(
      open,
      (_, res) => {
        res.write("first ");
        res.end(Buffer.alloc(1_000_000, 0x20));
      },
      async (upstream) => {
        const reply = await upstream.request(get("/"), undefined, never);
        await (await upstream.request(get("/"), undefined, never)).bytes(); // time in which the first one's bytes arrive
        const bytes = await reply.bytes();
        expect([bytes.length, bytes.toString("utf8", 0, 6)]).toEqual([1_000_006, "first "]);
      },
    ));

  it("an answer that nobody reads yet may end with its connection", () =>
    withServer(
      open,
      (_, res) => {
        res.setHeader("connection", "close");
        res.end(Buffer.alloc(66_000, 0x20)); // its last bytes are those that hold it back
      },
      async (upstream) => {
        const reply = await upstream.request(get("/"), undefined, never);
        await (await upstream.request(get("/"), undefined, never)).bytes(); // time in which the first one ends
        expect((await reply.bytes()).length).toBe(66_000);
      },
    ));
});
