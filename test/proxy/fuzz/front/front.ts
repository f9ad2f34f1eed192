import { once } from "node:events";
import { connect } from "node:net";
import { logTo } from "../../../../src/proxy/books/log.ts";
import { type RunningProxy, startProxy } from "../../../../src/proxy/server.ts";
import { busyGauges } from "../../accounts.ts";
import { ask } from "../../client.ts";
import { RawEngine, type Taken } from "../../wire/raw-engine.ts";
import { TICKET } from "../../wire/rig.ts";
import { inTime } from "../in-time.ts";
import { type Client, type Finding, NEVER } from "../run.ts";
import { answersIn, byNode } from "./by-node.ts";
import { type FrontCase, frontCase } from "./front-case.ts";
import { type Conversation, judgeFront, type Reached } from "./judge-front.ts";

const whole = (body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const ANSWERS = { prefill: whole(`{"choices":[],"kv_transfer_params":${TICKET}}`), decode: whole('{"choices":[]}') };

/** The proxy with one engine of each role that is well: what clients write to it is what is tried. */
export class Front {
  readonly #seed: number;
  readonly #upstream: Client;
  readonly #reached = new Map<string, Reached[]>();
  readonly #strays: Taken[] = [];
  #proxy: RunningProxy | undefined;
  readonly #engines = (["prefill", "decode"] as const).map(
    (role) => [role, new RawEngine((taken) => this.#serve(role, taken))] as const,
  );

  constructor(seed: number, upstream: Client) {
    this.#seed = seed;
    this.#upstream = upstream;
  }

  async start(): Promise<void> {
    for (const [, engine] of this.#engines) await engine.start();
    this.#proxy = await startProxy(
      {
        bind: "127.0.0.1",
        port: 0,
        family: "relay",
        prefill_policy: "round_robin",
        decode_policy: "round_robin",
        max_concurrent: 1_000,
        upstream: this.#upstream,
        targets: this.#engines.map(([role, { url }]) => ({ url, role, slots: 1 })),
      },
      { log: logTo(() => undefined), probeTimes: NEVER },
    );
    while ((await this.#page("/health")).includes('"unknown"'));
  }

  async #page(path: string): Promise<string> {
    return (await ask({ port: this.#proxy?.port ?? 0, path, method: "GET" })).text;
  }

  async run(index: number): Promise<readonly Finding[]> {
    const it = frontCase(this.#seed, index);
    const reached: Reached[] = [];
    this.#reached.set(String(index), reached);
    try {
      const node = await byNode(it);
      const seen = await inTime(converse(this.#proxy?.port ?? 0, it, node.answers));
      return [...judgeFront(it, node, seen, reached)].map((what) => ({ index, what }));
    } catch (error) {
      return [{ index, what: `${error}` }];
    } finally {
      this.#reached.delete(String(index));
    }
  }

  /** What is wrong when all has been served. */
  async rest(): Promise<readonly string[]> {
    const deadline = performance.now() + 10_000;
    let left = busyGauges(await this.#page("/metrics"));
    while (left.length > 0 && performance.now() < deadline) left = busyGauges(await this.#page("/metrics"));
    return [
      ...left,
      ...this.#engines.flatMap(([, { malformed }]) => malformed.map((error) => `an engine got no HTTP: ${error}`)),
      ...this.#strays.map(
        ({ start, body }) => `an engine got what no client wrote: ${start} ${body.bytes.toString("latin1", 0, 300)}`,
      ),
    ];
  }

  async stop(): Promise<void> {
    await this.#proxy?.close(0);
    for (const [, engine] of this.#engines) await engine.stop();
  }

  async #serve(role: Reached["role"], taken: Taken): Promise<boolean> {
    const [, prompt = "", index = ""] = /"prompt":"(c(\d+)\.\d+e?)"/.exec(taken.body.bytes.toString("latin1")) ?? [];
    const isKnown = index !== "" && Number(index) <= Number.MAX_SAFE_INTEGER;
    if (isKnown)
      this.#reached.get(index)?.push({ role, prompt, taken }); // where its client has left nobody looks
    else this.#strays.push(taken);
    taken.socket.write(ANSWERS[role]);
    return true;
  }
}

/** One connection to the proxy: every piece after as many answers as node:http gave until then, then the client's end. */
async function converse(
  port: number,
  { bytes, cuts, leaves }: FrontCase,
  answers: readonly number[],
): Promise<Conversation> {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  let [text, isReset] = ["", false];
  let look: () => void = () => undefined;
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    look();
  });
  socket.on("error", () => {
    isReset = true;
  });
  socket.on("close", () => look());
  const closed = once(socket, "close").catch(() => undefined);
  await Promise.race([once(socket, "connect"), closed]);
  const end = leaves?.at ?? bytes.length;
  let from = 0;
  for (const [at, cut] of [...cuts, bytes.length].entries()) {
    const to = Math.min(cut, end);
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    if (to > from && !socket.destroyed) socket.write(bytes.subarray(from, to));
    from = Math.max(from, to);
    if (leaves && to === end) break;
    await new Promise<void>((resolve) => {
      look = () => {
        if (socket.destroyed || answersIn(text).length >= (answers[at] ?? 0)) resolve();
      };
      look();
    });
  }
  if (leaves?.by === "reset") socket.resetAndDestroy();
  else if (!socket.destroyed) socket.end();
  await closed;
  return { text, isReset };
}
