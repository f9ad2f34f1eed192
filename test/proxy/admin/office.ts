import { type Answer, ask } from "../client.ts";
import type { House } from "../house.ts";

/** One question to the admin API. */
export function tell(house: House, method: string, path: string, body?: object, key?: string): Promise<Answer> {
  const text = body && JSON.stringify(body);
  return ask({
    port: house.proxy.port,
    ...{ method, path },
    ...(text !== undefined && { body: text }),
    headers: {
      ...(text !== undefined && { "content-type": "application/json", "content-length": String(text.length) }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
  });
}

interface Row {
  readonly role: string;
  readonly url: string;
  readonly state: string;
  readonly presence: string;
}

export async function instances(house: House, key?: string): Promise<readonly Row[]> {
  return JSON.parse((await tell(house, "GET", "/admin/instances", undefined, key)).text).instances;
}

/** The same list, with its first for sure. */
export function inOrder<T>(list: readonly T[]): readonly [T, ...T[]] {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error("there is none");
  return [first, ...rest];
}

/** Looks until it is so; every look gives the event loop its turn. */
export async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await look()); await new Promise((next) => setImmediate(next)))
    if (performance.now() > deadline) throw new Error("it does not come about");
}

const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';

export interface Stream {
  /** The slot that serves it. */
  readonly decode: string;
  /** Lets the engine go on. @returns whether the client got it whole */
  finish(): Promise<boolean>;
  /** How it ended by itself. */
  ends(): Promise<{ whole: boolean; error: boolean }>;
}

/** A stream that has begun, and goes on when it may. */
export async function openStream(house: House): Promise<Stream> {
  let go: () => void = () => undefined;
  const may = new Promise<void>((resolve) => {
    go = resolve;
  });
  const before = (event: number) => (event < 2 ? Promise.resolve() : may);
  for (const engine of house.d) engine.faults.push({ kind: "paced", before });
  const res = await house.open(STREAM).head;
  for (const engine of house.d) engine.faults.length = 0;
  const chunks: string[] = [];
  res.on("data", (chunk) => chunks.push(String(chunk)));
  res.on("error", () => undefined); // cut off: `complete` says it
  const closed = new Promise<void>((resolve) => res.on("close", () => resolve()));
  const ends = async () => {
    await closed;
    return { whole: res.complete, error: chunks.join("").includes('{"error":') };
  };
  return {
    decode: String(res.headers["x-pdctl-decode"]),
    ends,
    async finish() {
      go();
      return (await ends()).whole && chunks.join("").endsWith("data: [DONE]\n\n");
    },
  };
}

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

/** Requests one after the other from several clients, until it is told to stop. */
export function load(house: House): { readonly statuses: number[]; stop(): Promise<void> } {
  let goes = true;
  const statuses: number[] = [];
  const client = async () => {
    while (goes) statuses.push((await house.send(SHORT)).status);
  };
  const clients = [client(), client(), client(), client()];
  return {
    statuses,
    async stop() {
      goes = false;
      await Promise.all(clients);
    },
  };
}
