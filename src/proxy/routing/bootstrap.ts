import type { Signal } from "../signal.ts";
import { undiciUpstream } from "../upstream/undici-upstream.ts";
import type { Upstream } from "../upstream/upstream.ts";

/**
 * What the ranks of a Mooncake prefill engine are called: its bootstrap server says it, decode has to be told, and an engine that was started again
 * is called otherwise. Ranks are counted within the endpoint, as the header counts them. Source: proxy-protocols.md §E.1; vLLM 0.32,
 * mooncake_utils.py `/query`, mooncake_connector.py.
 */
export class Bootstrap {
  readonly url: string;
  readonly #ranks: number;
  readonly #upstream: Upstream;
  #engineIds: readonly string[] | undefined;
  #trouble: string | undefined;

  constructor(url: string, ranks: number) {
    this.url = url;
    this.#ranks = ranks;
    this.#upstream = undiciUpstream(url);
  }

  get isKnown(): boolean {
    return this.#engineIds !== undefined;
  }

  engineId(rank: number): string | undefined {
    return this.#engineIds?.[rank];
  }

  /** The engine went away. */
  forget(): void {
    this.#engineIds = undefined;
  }

  /** What was wrong with its last answer, for the log. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Asks for the ids. @returns whether they are known now @throws UpstreamError, the signal's reason */
  async learn(signal: Signal): Promise<boolean> {
    const reply = await this.#upstream.request({ method: "GET", path: "/query", headers: {} }, undefined, signal);
    const bytes = await reply.bytes();
    const ids = reply.status === 200 ? engineIds(bytes, this.#ranks) : `answers ${reply.status}`;
    this.#trouble = typeof ids === "string" ? `${this.url}/query ${ids}` : undefined;
    this.#engineIds = typeof ids === "string" ? undefined : ids;
    return this.isKnown;
  }

  close(): Promise<void> {
    return this.#upstream.close();
  }
}

/** `{"0":{"engine_id":"…","worker_addr":…},…}` @returns the ids by rank, or what is wrong */
function engineIds(bytes: Buffer, ranks: number): readonly string[] | string {
  const object = parsed(bytes);
  if (object === undefined) return "is no JSON object";
  const entries = new Map(Object.entries(object));
  if (entries.size !== ranks) return `knows ${entries.size} ranks, and the endpoint has ${ranks}`;
  const ids = Array.from({ length: ranks }, (_, rank) => idOf(entries.get(String(rank))));
  const lacks = ids.indexOf(undefined);
  return lacks === -1 ? ids.filter((id) => id !== undefined) : `has no engine_id for rank ${lacks}`;
}

function parsed(bytes: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const idOf = (entry: unknown): string | undefined =>
  typeof entry === "object" && entry !== null && "engine_id" in entry && typeof entry.engine_id === "string"
    ? entry.engine_id
    : undefined;
