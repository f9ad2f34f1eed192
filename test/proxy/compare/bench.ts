import { once } from "node:events";
import { type Answer, type Ask, ask, openAsk } from "../client.ts";
import { RawEngine, type Taken } from "../wire/raw-engine.ts";
import { chunkedText, type Fields, headText } from "../wire/write.ts";

export type Role = "prefill" | "decode";
export type Play = (taken: Taken) => boolean | Promise<boolean>;

/** With an integer beyond 2^53, `2.50`, a nested list, characters that some write as escapes, and a member of tomorrow. */
export const TICKET =
  '{"do_remote_prefill":true,"do_remote_decode":false,"remote_block_ids":[[1,9007199254740993]],"remote_engine_id":"E-ü<&>","remote_request_id":"r1","remote_host":"10.9.8.7","remote_port":5600,"tp_size":1,"x_unknown":{"b":1,"a":2.50}}';

export const PREFILL_BODY = `{"id":"p","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"x","finish_reason":"length"}],"kv_transfer_params":${TICKET}}`;
/** With spaces, a fraction and a member that a re-encoding would change. */
export const DECODE_BODY =
  '{"id":"d","object":"text_completion","created":1,"model":"m", "choices":[{"index":0,"text":"é😀<&>","finish_reason":"length"}],"usage":{"prompt_tokens":2,"total_tokens":3,"completion_tokens":1},"vendor":1.50}';
export const DECODE_EVENTS = [
  ": ping\n\n",
  'data: {"id":"d","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"é😀"}],"vendor":1.50}\n\n',
  'data: {"id":"d","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":" two","finish_reason":"length"}]}\n\n',
  "data: [DONE]\n\n",
] as const;

const OWN: Fields = [["x-back", "yes"]];

export function json({ socket }: Taken, status: number, body: string, more: Fields = []): true {
  const fields: Fields = [
    ["content-type", "application/json"],
    ["content-length", String(Buffer.byteLength(body))],
    ...OWN,
    ...more,
  ];
  socket.write(Buffer.concat([headText(`HTTP/1.1 ${status} Any`, fields), Buffer.from(body)]));
  return true;
}

/** @param events how many; then whatever `end` does */
export function events({ socket }: Taken, count: number): void {
  const fields: Fields = [
    ["content-type", "text/event-stream; charset=utf-8"],
    ["transfer-encoding", "chunked"],
    ...OWN,
  ];
  socket.write(headText("HTTP/1.1 200 OK", fields));
  for (const event of DECODE_EVENTS.slice(0, count))
    socket.write(chunkedText(Buffer.from(event), [10_000]).subarray(0, -5));
}

const well: Readonly<Record<Role, Play>> = {
  prefill: (taken) => json(taken, 200, PREFILL_BODY),
  decode: (taken) => {
    if (!/"stream"\s*:\s*true/.test(taken.body.bytes.toString("latin1"))) return json(taken, 200, DECODE_BODY);
    events(taken, DECODE_EVENTS.length);
    taken.socket.write("0\r\n\r\n");
    return true;
  },
};

export interface Arrived extends Taken {
  readonly role: Role;
  /** When its connection closed, by performance.now(). */
  closedAt: number | undefined;
}

const LIMIT_MS = 8_000;

/** An engine of each role, and what a client sees through a proxy in front of them. */
export class Bench {
  readonly engines: Readonly<Record<Role, RawEngine>>;
  readonly arrived: Arrived[] = [];
  port = 0;
  /** Of every request. */
  headers: Readonly<Record<string, string>> = {};
  /** false: nothing is carried between the legs, so a ticket that is missing says nothing. */
  carries = true;
  #plays: Partial<Record<Role, Play>> = {};

  constructor() {
    const engine = (role: Role) => new RawEngine((taken) => this.#serve(role, taken));
    this.engines = { prefill: engine("prefill"), decode: engine("decode") };
  }

  async start(): Promise<void> {
    await Promise.all([this.engines.prefill.start(), this.engines.decode.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.engines.prefill.stop(), this.engines.decode.stop()]);
  }

  /** From now on the engines do this, and nothing has arrived. */
  play(plays: Partial<Record<Role, Play>> = {}): void {
    this.#plays = plays;
    this.arrived.length = 0;
  }

  /** What came to an engine of this role: completions alone. */
  at(role: Role): readonly Arrived[] {
    return this.arrived.filter((each) => each.role === role);
  }

  /** @returns undefined when no answer comes in time, or the connection ends without one */
  async ask(options: Omit<Ask, "port"> = {}): Promise<Answer | undefined> {
    const headers = { "content-type": "application/json", ...this.headers, ...options.headers };
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), LIMIT_MS).unref());
    return await Promise.race([ask({ port: this.port, ...options, headers }).catch(() => undefined), late]);
  }

  /** A client that leaves as soon as `when` is true. @returns how long the proxy's connections to the engines then stayed open, ms */
  async leave(body: string, when: () => boolean): Promise<number | undefined> {
    const open = openAsk({ port: this.port, body, headers: { "content-type": "application/json", ...this.headers } });
    open.head.then(
      (res) => res.resume(),
      () => undefined,
    );
    await this.until(when);
    const left = performance.now();
    open.leave();
    const last = this.arrived.at(-1);
    await this.until(() => last?.closedAt !== undefined, 3_000);
    return last?.closedAt === undefined ? undefined : last.closedAt - left;
  }

  async until(seen: () => boolean, limit = LIMIT_MS): Promise<boolean> {
    for (const deadline = performance.now() + limit; !seen(); ) {
      if (performance.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return true;
  }

  #serve(role: Role, taken: Taken): Promise<boolean> {
    const arrived: Arrived = { ...taken, role, closedAt: undefined };
    this.arrived.push(arrived);
    void once(taken.socket, "close").then(() => {
      arrived.closedAt = performance.now();
    });
    return Promise.resolve((this.#plays[role] ?? well[role])(taken));
  }
}
