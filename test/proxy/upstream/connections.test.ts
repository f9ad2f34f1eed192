import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { clients } from "../../../src/proxy/upstream/clients.ts";
import { socketsUpstream } from "../../../src/proxy/upstream/sockets/sockets-upstream.ts";
import { ask, type Got, get, never, speaking } from "./spoken.ts";

const said = (body: string, fields = "") => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${fields}\r\n${body}`;
const bodyOf = (got: Got) => ("body" in got ? got.body : got.failed);
const distinct = (served: readonly string[]) => new Set(served).size;
/** Resolves when the other side has closed it, in whichever way. */
const closing = (socket: Socket) => new Promise<void>((resolve) => void socket.on("close", () => resolve()));

describe.each(Object.entries(clients))("%s", (_, open) => {
  /** Asks so often, one after the other. @returns which connection each was served on */
  const inTurn = async (url: string, times: number): Promise<readonly string[]> => {
    const upstream = open(url);
    const bodies: string[] = [];
    for (let left = times; left > 0; left--) bodies.push(bodyOf(await ask(upstream)));
    await upstream.close();
    return bodies;
  };

  it("a connection is used again", async () => {
    await speaking(
      (socket, { connection }) => void socket.write(said(String(connection))),
      async (url) => expect(distinct(await inTurn(url, 6))).toBeLessThan(4),
    );
  });

  it.each([
    ["its engine says close", "connection: close\r\n"],
    ["its engine keeps it no longer than news of that takes", "keep-alive: timeout=1\r\n"],
  ])("a connection is not used again when %s", async (_title, fields) => {
    await speaking(
      (socket, { connection }) => void socket.write(said(String(connection), fields)),
      async (url) => expect(distinct(await inTurn(url, 3))).toBe(3),
    );
  });

  it("a connection that its engine has closed is not used again", async () => {
    await speaking(
      (socket, { connection }) => void socket.end(said(String(connection))),
      async (url) => {
        const upstream = open(url);
        expect(bodyOf(await ask(upstream))).toBe("0");
        for (let got = "0"; got !== "1"; got = bodyOf(await ask(upstream))) expect(got).toMatch(/^0$|^silent$/); // silent: news was on its way
        await upstream.close();
      },
    );
  });

  it("a request that is let go closes its connection, whatever it is at", async () => {
    const answers = { nothing: "", head: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" };
    for (const answer of Object.values(answers)) {
      let arrived: (socket: Socket) => void = () => undefined;
      const arrival = new Promise<Socket>((resolve) => {
        arrived = resolve;
      });
      await speaking(
        (socket) => {
          socket.write(answer);
          arrived(socket);
        },
        async (url) => {
          const upstream = open(url);
          const client = new AbortController();
          const reply = upstream.request(get, undefined, client.signal).then((head) => head.bytes());
          const socket = await arrival;
          const closed = closing(socket);
          client.abort(new Error("left"));
          await expect(reply).rejects.toThrow("left");
          await closed;
          await upstream.close();
        },
      );
    }
  });

  it("an answer that is dropped closes its connection", async () => {
    const closes: Promise<void>[] = [];
    await speaking(
      (socket) => {
        closes.push(closing(socket));
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
      },
      async (url) => {
        const upstream = open(url);
        (await upstream.request(get, undefined, never)).drop();
        await Promise.all(closes);
        await upstream.close();
      },
    );
  });

  it("a body of many megabytes arrives whole in both directions", async () => {
    const body = Buffer.from(Array.from({ length: 5_000_000 }, (_value, at) => at % 251));
    let seen = 0;
    const got: Buffer[] = [];
    const echo = (socket: Socket, { text }: { text: string }) => {
      const bytes = Buffer.from(seen === 0 ? text.slice(text.indexOf("\r\n\r\n") + 4) : text, "latin1");
      if (seen === 0) socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`);
      seen += text.length;
      socket.write(bytes);
    };
    await speaking(echo, async (url) => {
      const upstream = open(url);
      const reply = await upstream.request({ ...get, method: "POST" }, body, never);
      await reply.read((chunk) => {
        got.push(Buffer.from(chunk));
        return got.length % 10 === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined;
      });
      expect(Buffer.concat(got).equals(body)).toBe(true);
      await upstream.close();
    });
  });

  it("a reader who is slow with an answer that has come whole holds back no other answer", async () => {
    await speaking(
      (socket) => {
        socket.write(said("a"));
      },
      async (url) => {
        const upstream = open(url);
        const first = await upstream.request(get, undefined, never);
        await new Promise<void>((resolve) => first.onClose(resolve)); // its connection is free
        const read = first.read(() => new Promise(() => undefined));
        expect([await ask(upstream), await ask(upstream)].map(bodyOf)).toEqual(["a", "a"]);
        await read;
        await upstream.close();
      },
    );
  });

  it("what runs when the client is closed breaks, and nothing runs after it", async () => {
    await speaking(
      () => undefined,
      async (url) => {
        const upstream = open(url);
        const asked = ask(upstream);
        await upstream.close();
        expect(await asked).toMatchObject({ idleClosed: false });
        expect(await ask(upstream)).toEqual({ failed: "connect", idleClosed: false });
      },
    );
  });

  it("a head that would not arrive as it is meant is not sent", async () => {
    await speaking(
      () => expect.unreachable("it was sent"),
      async (url) => {
        const upstream = open(url);
        for (const headers of [
          { "x-a": "b\r\nx-c: d" },
          { "a b": "c" },
          { "content-length": "7", "transfer-encoding": "chunked" },
        ])
          await expect(upstream.request({ ...get, headers }, undefined, never)).rejects.not.toHaveProperty("kind");
        await upstream.close();
      },
    );
  });
});

it("a request that is about to take an idle connection when the client is closed is not sent on a new one", async () => {
  let requests = 0;
  await speaking(
    (socket) => {
      requests++;
      socket.write(said("ok"));
    },
    async (url) => {
      const upstream = socketsUpstream(url);
      expect(bodyOf(await ask(upstream))).toBe("ok");
      await idled();
      const asked = ask(upstream);
      const closed = upstream.close();
      expect(await asked).toEqual({ failed: "connect", idleClosed: false });
      await closed;
      expect(requests).toBe(1);
    },
  );
});

it("a request that is let go before it takes an idle connection leaves it to the next one", async () => {
  await speaking(
    (socket, { connection }) => void socket.write(said(String(connection))),
    async (url) => {
      const upstream = socketsUpstream(url);
      expect(bodyOf(await ask(upstream))).toBe("0");
      await idled();
      const client = new AbortController();
      const asked = upstream.request(get, undefined, client.signal);
      client.abort(new Error("left"));
      await expect(asked).rejects.toThrow("left");
      await turn();
      expect(bodyOf(await ask(upstream))).toBe("0");
      await upstream.close();
    },
  );
});

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** A connection has then idled for so long that it is looked at again before it is used. */
async function idled(): Promise<void> {
  for (const since = performance.now(); performance.now() - since < 15; ) await turn();
}

it("an engine that speaks without being asked loses the connection, so that its words are no answer", async () => {
  const sockets: Socket[] = [];
  await speaking(
    (socket, { connection }) => {
      sockets.push(socket);
      socket.write(said(String(connection)));
    },
    async (url) => {
      const upstream = socketsUpstream(url);
      expect(bodyOf(await ask(upstream))).toBe("0");
      const [first] = sockets;
      if (!first) throw new Error("nobody asked");
      const closed = closing(first);
      first.write(said("poison"));
      await closed;
      expect(bodyOf(await ask(upstream))).toBe("1");
      await upstream.close();
    },
  );
});

it("the connection that was used last is used next, but not one whose engine takes no more requests", async () => {
  await speaking(
    (socket, { connection }) =>
      void socket.write(said(String(connection), connection === 1 ? "keep-alive: max=0\r\n" : "")),
    async (url) => {
      const upstream = socketsUpstream(url);
      const both = await Promise.all([ask(upstream), ask(upstream), ask(upstream)]);
      expect(both.map(bodyOf).sort()).toEqual(["0", "1", "2"]);
      const later: string[] = [];
      for (let left = 3; left > 0; left--) {
        await new Promise((resolve) => setImmediate(resolve)); // free a turn after its answer
        later.push(bodyOf(await ask(upstream)));
      }
      expect(distinct(later)).toBe(1);
      expect(later).not.toContain("1");
      await upstream.close();
    },
  );
});

it("what an engine says beyond its answer is the answer to nobody, also where it comes in a read of its own", async () => {
  const read = 64 * 1024;
  const long = said("0".repeat(read - said("0".repeat(10_000)).length + 10_000));
  expect(long).toHaveLength(read);
  await speaking(
    (socket, { connection }) => void socket.write(connection === 0 ? `${long}${said("bad")}` : said("1")),
    async (url) => {
      const upstream = socketsUpstream(url);
      expect(bodyOf(await ask(upstream))).toMatch(/^0+$/);
      expect(bodyOf(await ask(upstream))).toBe("1");
      await upstream.close();
    },
  );
});

it("a connection that idles is closed before its engine would do it", async () => {
  let closed: Promise<void> | undefined;
  await speaking(
    (socket) => {
      closed = closing(socket);
      socket.write(said("", "keep-alive: timeout=2\r\n")); // it stays open by itself: what closes it is the client
    },
    async (url) => {
      const upstream = socketsUpstream(url);
      await ask(upstream);
      await closed;
      await upstream.close();
    },
  );
});
