import { randomBytes } from "node:crypto";

/** One call that decode is going to make: with what memory it has taken for a request, so that prefill can write into it. */
export interface ExpectedCall {
  /** Where it calls. Nobody else can know it, or a client could have its KV sent anywhere. */
  readonly url: string;
  /** The very bytes that it sent. */
  readonly said: Promise<Buffer>;
  /** Prefill has ended: the call is answered, and no other is expected. */
  end(prefilled: boolean): void;
}

interface Waiting {
  readonly engineId: string;
  readonly hear: (said: Buffer) => void;
  readonly answer: Promise<boolean>;
  said?: Buffer;
}

/** What became of a call: nobody waits for it, it contradicts an earlier one, or prefill has ended, well or not. */
export type Called = "unknown" | "contradicts" | "prefilled" | "failed";

/** Calls of decode engines to the proxy, by the key in their address. Source: proxy-protocols.md §C.3; vllm-ascend, mooncake_layerwise_connector.py. */
export class Callbacks {
  readonly #base: () => string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #onNone: (() => void)[] = [];

  /** @param base the proxy as decode engines reach it, http://10.0.0.5:8000 */
  constructor(base: () => string) {
    this.#base = base;
  }

  /** Resolves when no call may come any more, and none waits for its answer. */
  none(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onNone.push(resolve));
  }

  /** @param engineId what decode's engine calls the request: it is in the call */
  expect(engineId: string): ExpectedCall {
    const key = randomBytes(16).toString("hex");
    let [hear, settle] = [(_: Buffer) => {}, (_: boolean) => {}];
    const said = new Promise<Buffer>((resolve) => {
      hear = resolve;
    });
    const answer = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    this.#waiting.set(key, { engineId, hear, answer });
    const end = (prefilled: boolean) => {
      this.#waiting.delete(key);
      settle(prefilled);
      if (this.#waiting.size === 0) for (const resolve of this.#onNone.splice(0)) resolve();
    };
    return { url: `${this.#base()}/v1/metaserver?key=${key}`, said, end };
  }

  /**
   * Resolves when prefill has ended: decode takes the answer for the sign that its KV is there. A call that is repeated, as after a lost
   * connection, waits for the same prefill.
   */
  async take(key: string, engineId: unknown, said: Buffer): Promise<Called> {
    const waiting = this.#waiting.get(key);
    if (waiting?.engineId !== engineId || waiting === undefined) return "unknown";
    if (waiting.said && !waiting.said.equals(said)) return "contradicts";
    waiting.said = said;
    waiting.hear(said);
    return (await waiting.answer) ? "prefilled" : "failed";
  }
}
