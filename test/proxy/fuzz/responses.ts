import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { clients } from "../../../src/proxy/upstream/clients.ts";
import { type Upstream, UpstreamError } from "../../../src/proxy/upstream/upstream.ts";
import { Reader, WireError } from "../wire/reader.ts";
import { writeCut } from "../wire/write.ts";
import { plan } from "./answer-plan.ts";
import { string, value } from "./json-text.ts";
import { Random } from "./random.ts";
import type { Client, Finding } from "./run.ts";

/** What a reader makes of the bytes of one answer. */
type Read = { readonly status: number; readonly body: Buffer } | { readonly failed: string };

const HEAD = { method: "POST", path: "/", headers: {} } as const;
const SPOILS = ["\r", "\n", "\0", " ", ":", ";", "0", "f", "-", "\r\n", "chunked", "\x80", "\t", ","] as const;

/** An answer of an engine, with some of its bytes changed: what goes over the wire and then ends. */
function spoiled(seed: number, index: number): { bytes: Buffer; cuts: readonly number[] } {
  const random = new Random(seed, -1 - index);
  const body = Buffer.from(value(random));
  const headers = [["content-type", random.pick(["application/json", "text/event-stream"])]] as const;
  const it = plan(random, { status: random.pick([200, 200, 200, 404, 503]), headers, body }, 0.2);
  let text = it.wire.toString("latin1");
  for (let left = random.int(0, 2); left > 0 && text.length > 0; left--) {
    const at = random.int(0, random.chance(0.8) ? Math.min(150, text.length) : text.length);
    text = `${text.slice(0, at)}${random.chance(0.7) ? random.pick(SPOILS) : string(random, 1)}${text.slice(at + random.int(0, 3))}`;
  }
  const bytes = Buffer.from(text, "latin1");
  return { bytes, cuts: random.cuts(bytes.length, 3) };
}

/** The clients towards engines, by themselves, held against a reader that takes what HTTP/1.1 allows and no more. */
export class Responses {
  readonly #seed: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #answers = new Map<string, ReturnType<typeof spoiled>>();
  #port = 0;
  #asked = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket)).on("error", () => undefined);
      socket.on("data", (request: Buffer) => {
        const answer = this.#answers.get(/ \/(\d+) /.exec(request.toString("latin1"))?.[1] ?? "");
        if (answer) void writeCut(socket, answer.bytes, answer.cuts).then(() => socket.end());
      });
    });
  }

  async start(): Promise<void> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    const address = this.#server.address();
    this.#port = typeof address === "object" && address !== null ? address.port : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), "close");
  }

  /** One answer, read by all. */
  async run(index: number): Promise<readonly Finding[]> {
    const name = String(this.#asked++);
    const answer = spoiled(this.#seed, index);
    this.#answers.set(name, answer);
    const wanted = await strictly(this.#port, name);
    const found: Finding[] = [];
    for (const client of ["undici", "sockets"] as const) {
      const upstream = clients[client](`http://127.0.0.1:${this.#port}`);
      const got = await through(upstream, name);
      await upstream.close();
      const what = differs(client, wanted, got);
      if (what !== undefined) found.push({ index, what: `${client}: ${what}: ${shown(answer.bytes)}` });
    }
    this.#answers.delete(name);
    return found;
  }
}

async function through(upstream: Upstream, name: string): Promise<Read> {
  try {
    const reply = await upstream.request({ ...HEAD, path: `/${name}` }, undefined, new AbortController().signal);
    return { status: reply.status, body: await reply.bytes() };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return { failed: error.message };
  }
}

async function strictly(port: number, name: string): Promise<Read> {
  const socket = connect(port, "127.0.0.1");
  const reader = new Reader(socket);
  socket.write(`POST /${name} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`);
  try {
    for (;;) {
      const head = await reader.head();
      const status = Number(/^HTTP\/1\.[01] ([1-9]\d\d)(?: .*)?$/.exec(head?.start ?? "")?.[1]);
      if (!head || Number.isNaN(status)) return { failed: `status line ${head?.start}` };
      if (status === 101) return { failed: "another protocol" };
      if (status < 200) continue;
      const body = await reader.body(head, { none: status === 204 || status === 304, toEnd: true });
      return body.end === "whole" ? { status, body: body.bytes } : { failed: "cut" };
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { failed: error.message };
  } finally {
    socket.destroy();
  }
}

/** Where undici reads what a strict reader does not, and does no harm by it. */
const UNDICI: readonly { readonly reader: RegExp; readonly why: string }[] = [
  { reader: /^status line $|^header "HTTP\/1\.[01] \d{3} /, why: "an empty line before the status" },
  {
    reader: /^a bare .* "(?:\\[nr])*HTTP\/1\.[01] \d{3} /,
    why: "empty lines before the status, and a NUL in the words beside it, which nobody reads",
  },
];

/** Refusing is never wrong where the bytes are not an engine's usual ones; reading them as another answer is. */
function differs(client: Client, wanted: Read, got: Read): string | undefined {
  if ("failed" in got) return undefined;
  if ("failed" in wanted) {
    const { failed } = wanted;
    if (client === "undici" && UNDICI.some(({ reader }) => reader.test(failed))) return undefined;
    return `read ${got.status}, ${got.body.length} bytes, where a strict reader says ${failed}`;
  }
  if (got.status !== wanted.status) return `status ${got.status}, not ${wanted.status}`;
  return got.body.equals(wanted.body) ? undefined : `body ${shown(got.body)}, not ${shown(wanted.body)}`;
}

const shown = (bytes: Buffer) => JSON.stringify(bytes.toString("latin1", 0, 300));
