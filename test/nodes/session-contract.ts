import { randomBytes } from "node:crypto";
import http from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { sessionAgent } from "../../src/nodes/index.ts";
import type { Session } from "../../src/nodes/session.ts";

const never = new AbortController().signal;

/** What every session promises, whatever is underneath. */
export function sessionContract(name: string, open: () => Promise<Session>): void {
  describe(name, () => {
    let session: Session;
    beforeAll(async () => {
      session = await open();
    });
    afterAll(() => session.close());
    const call = (script: string, more: Partial<Parameters<Session["call"]>[0]> = {}) =>
      session.call({ script, values: {}, deadlineMs: 10_000, signal: never, ...more });

    it("hands every value over unchanged, whatever bash would make of it", async () => {
      const hostile = [
        "it's",
        "$(id)",
        "`id`",
        'a "b" \\ c',
        "two\nlines\n",
        "",
        "  ",
        "!x ~ *",
        "-n",
        "\u00e9\u{1f600}",
      ];
      const answer = await call('printf "%s\\0" "$PD_ONE" "${PD_MANY[@]}"', {
        values: { PD_ONE: "$HOME'", PD_MANY: hostile },
      });
      expect(answer.stdout.toString().split("\0").slice(0, -1)).toEqual(["$HOME'", ...hostile]);
    });

    it("tells the exit status, and output and errors apart", async () => {
      const answer = await call("printf out; printf err >&2; exit 3");
      expect([answer.exit, answer.stdout.toString(), answer.stderr]).toEqual([3, "out", "err"]);
    });

    it("tells a shell that was killed from one that ended well", async () => {
      expect((await call("kill -KILL $$")).exit).toBe(137);
    });

    it("brings a megabyte of random bytes to stdin and back", async () => {
      const input = randomBytes(1 << 20);
      const answer = await call("cat", { input });
      expect(answer.stdout.equals(input)).toBe(true);
    });

    it("runs a script of 300 kB, which no command line could hold", async () => {
      const answer = await call(`${": a comment that fills the page\n".repeat(10_000)}printf done`);
      expect(answer.stdout.toString()).toBe("done");
    });

    it("does not mind a script that leaves its input unread", async () => {
      expect((await call("exit 0", { input: randomBytes(1 << 20) })).exit).toBe(0);
    });

    it("reads no start-up file and takes over no function of the environment", async () => {
      const answer = await call('printf "%s,%s,%s" "${BASH_ENV-unset}" "$-" "$(shopt login_shell)"');
      expect(answer.stdout.toString()).toMatch(/^unset,[a-z]*p[a-z]*,login_shell\s+off$/i);
    });

    it("gives up at the deadline, and says what it waited for", async () => {
      const late = call("sleep 30", { deadlineMs: 300, what: "the stop" });
      await expect(late).rejects.toMatchObject({ code: "node.silent", facts: { awaited: "the stop", afterMs: 300 } });
    });

    it("ends with the user's own reason when the user interrupts", async () => {
      const user = new AbortController();
      const call = session.call({ script: "printf x; sleep 30", values: {}, deadlineMs: 60_000, signal: user.signal });
      const reason = new Error("Ctrl-C");
      setImmediate(() => user.abort(reason));
      await expect(call).rejects.toBe(reason);
    });

    it("runs twenty calls at once, more than a connection has channels", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => call(`printf ${n}`)));
      expect(answers.map(({ stdout }) => stdout.toString())).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    });

    it("streams output as it comes, and hangs up when the reader leaves", async () => {
      const script = 'printf "$$\\n"; while read -r _; do :; done; exit 0';
      let pid = "";
      for await (const chunk of session.stream({ script, values: {}, signal: never })) {
        pid = chunk.toString().trim();
        break;
      }
      const answer = await call(`kill -0 ${Number(pid)} 2>/dev/null && printf alive || printf gone`);
      expect(answer.stdout.toString()).toBe("gone");
    });

    it("cuts off a stream that does not hear the hang-up", async () => {
      for await (const _ of session.stream({ script: "printf x; exec sleep 30", values: {}, signal: never })) break;
      expect((await call("printf here")).stdout.toString()).toBe("here");
    });

    it("throws out of a stream whose script fails, with what it said", async () => {
      const stream = session.stream({ script: "echo no >&2; exit 4", values: {}, signal: never, what: "the watch" });
      await expect(drain(stream)).rejects.toMatchObject({
        code: "node.command",
        facts: { command: "the watch", exit: 4, stderr: "no\n" },
      });
    });

    it("throws the user's reason out of a stream", async () => {
      const user = new AbortController();
      const reason = new Error("Ctrl-C");
      const read = async () => {
        for await (const _ of session.stream({ script: "printf x; cat", values: {}, signal: user.signal }))
          user.abort(reason);
      };
      await expect(read()).rejects.toBe(reason);
    });

    it("speaks HTTP from the node", async () => {
      await using server = await httpServer((_, response) => response.end("x".repeat(200_000)));
      const agent = sessionAgent(session);
      const bodies = await Promise.all([get(server.port, agent), get(server.port, agent), get(server.port, agent)]);
      agent.destroy();
      expect(bodies.map(({ length }) => length)).toEqual([200_000, 200_000, 200_000]);
    });

    it("says that nobody listens on a port of the node", async () => {
      const port = await closedPort();
      const error = await session.connect("127.0.0.1", port, never).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({
        code: "node.unreachable",
        facts: { node: session.node, address: `127.0.0.1:${port}` },
      });
    });
  });
}

export async function drain(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of stream) all.push(chunk);
  return Buffer.concat(all);
}

export async function httpServer(answer: http.RequestListener): Promise<AsyncDisposable & { port: number }> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function get(port: number, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path: "/", agent }, (response) => {
      drain(response).then((body) => resolve(body.toString()), reject);
    });
    request.on("error", reject);
  });
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
