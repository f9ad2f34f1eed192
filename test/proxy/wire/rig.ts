import { logTo } from "../../../src/proxy/books/log.ts";
import type { ProxyConfig } from "../../../src/proxy/config.ts";
import { startProxy } from "../../../src/proxy/server.ts";
import { RawEngine, type Taken } from "./raw-engine.ts";

type Role = "prefill" | "decode";

/** Writes an answer, or whatever it likes; resolves with whether the connection goes on. */
export type Play = (taken: Taken) => Promise<boolean>;

const whole = (type: string, body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

export const TICKET =
  '{"do_remote_prefill":true,"remote_block_ids":[[1]],"remote_engine_id":"e","remote_request_id":"r"}';

/** Both answer as an engine does that is well: prefill with a ticket, decode with the prompt that it got. */
const well: Record<Role, Play> = {
  async prefill({ socket }) {
    return socket.write(whole("application/json", `{"choices":[],"kv_transfer_params":${TICKET}}`)) || true;
  },
  async decode({ socket, body }) {
    return socket.write(whole("application/json", JSON.stringify({ got: promptOf(body.bytes) }))) || true;
  },
};

const promptOf = (body: Buffer): unknown => JSON.parse(body.toString()).prompt;

export interface Rig {
  readonly port: number;
  /** Every completion that came, in its order. */
  readonly taken: readonly Taken[];
  prompts(role: Role): readonly unknown[];
  /** What came to an engine and was no HTTP. */
  malformed(): readonly unknown[];
  /** What the engines of this role do to the next completions, one by one; after that they are well. */
  play(role: Role, ...plays: readonly Play[]): void;
  forget(): void;
  stop(): Promise<void>;
}

/** A proxy with one engine of each role on bare sockets. */
export async function startRig(config: Partial<ProxyConfig> = {}): Promise<Rig> {
  const taken: (Taken & { readonly role: Role })[] = [];
  const plays: Record<Role, Play[]> = { prefill: [], decode: [] };
  const engine = (role: Role) =>
    new RawEngine((each) => {
      taken.push({ ...each, role });
      return (plays[role].shift() ?? well[role])(each);
    });
  const engines = { prefill: engine("prefill"), decode: engine("decode") };
  await Promise.all([engines.prefill.start(), engines.decode.start()]);
  const proxy = await startProxy(
    {
      bind: "127.0.0.1",
      port: 0,
      family: "relay",
      prefill_policy: "round_robin",
      decode_policy: "round_robin",
      max_concurrent: 100,
      targets: [
        { url: engines.prefill.url, role: "prefill", slots: 1 },
        { url: engines.decode.url, role: "decode", slots: 1 },
      ],
      ...config,
    },
    { log: logTo(() => undefined), probeTimes: { upMs: 3_600_000, otherMs: 20, answerMs: 10_000 } },
  );
  while ((await fetch(`http://127.0.0.1:${proxy.port}/health`)).status !== 200);
  return {
    port: proxy.port,
    taken,
    prompts: (role) => taken.filter((each) => each.role === role).map(({ body }) => promptOf(body.bytes)),
    malformed: () => [...engines.prefill.malformed, ...engines.decode.malformed],
    play: (role, ...next) => void plays[role].push(...next),
    forget() {
      taken.length = 0;
      for (const role of ["prefill", "decode"] as const) plays[role].length = 0;
    },
    async stop() {
      await proxy.close(0);
      await Promise.all([engines.prefill.stop(), engines.decode.stop()]);
    },
  };
}
