import { engineNow } from "./gauges.ts";

/** What decode has counted of KV that came from elsewhere, and of prompts it computed itself. */
export async function counted(engine: string): Promise<{ tokens: number; bytes: number; computed: number }> {
  const { pulled, bytes, computed } = await engineNow(engine);
  return { tokens: pulled, bytes, computed };
}

/** Looks again until `enough`, or until 5 s are over: vLLM publishes its counters a step after the answer. */
export async function countedUntil(
  engine: string,
  enough: (now: Awaited<ReturnType<typeof counted>>) => boolean,
): Promise<Awaited<ReturnType<typeof counted>>> {
  for (const until = performance.now() + 5_000; ; ) {
    const now = await counted(engine);
    if (enough(now) || performance.now() > until) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Of full length: two engines that see the same prompt say the same. */
const GREEDY = { model: "tiny", temperature: 0, ignore_eos: true };

export interface Completion {
  readonly status: number;
  readonly text: string;
  readonly promptTokens: number;
  readonly headers: Headers;
}

/** Sixteen tokens, the same each time for the same prompt. */
export async function complete(url: string, prompt: string, more: object = {}): Promise<Completion> {
  const reply = await post(`${url}/v1/completions`, { ...GREEDY, prompt, max_tokens: 16, ...more });
  const body = (await reply.json()) as {
    choices?: readonly { readonly text: string }[];
    usage?: { readonly prompt_tokens: number };
  };
  return {
    status: reply.status,
    text: body.choices?.[0]?.text ?? "",
    promptTokens: body.usage?.prompt_tokens ?? 0,
    headers: reply.headers,
  };
}

/** What a client reads of one answer, streamed or not: the text, why it ended, and the tokens that were counted. */
export interface Said {
  readonly status: number;
  readonly text: string;
  readonly finish: string | null;
  readonly usage: unknown;
  /** Events of a stream, without its [DONE]; 0 when the answer came whole. */
  readonly events: number;
}

/** One answer of any endpoint of the API. */
export async function ask(url: string, body: object): Promise<Said> {
  const reply = await post(url, { ...GREEDY, ...body });
  const raw = await reply.text();
  const isStream = reply.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const lines = raw.split("\n").filter((line) => line.startsWith("data: "));
  if (isStream && lines.at(-1) !== "data: [DONE]") throw new Error(`a stream that does not end:\n${raw.slice(-500)}`);
  const parts = isStream ? lines.slice(0, -1).map((line) => line.slice("data: ".length)) : [raw];
  const chunks = parts.map((part) => JSON.parse(part) as Chunk);
  const choices = chunks.flatMap((chunk) => chunk.choices?.[0] ?? []);
  return {
    status: reply.status,
    text: choices.map(({ text, message, delta }) => text ?? (message ?? delta)?.content ?? "").join(""),
    finish: choices.at(-1)?.finish_reason ?? null,
    usage: chunks.at(-1)?.usage,
    events: isStream ? chunks.length : 0,
  };
}

interface Chunk {
  readonly choices?: readonly {
    readonly text?: string;
    readonly message?: { readonly content?: string };
    readonly delta?: { readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: unknown;
}

/** A client that leaves when it is told to, at the latest when it is disposed of. */
export interface Leaver extends Disposable {
  leave(): void;
  /** Resolves when the first bytes of the answer have come: at once in a stream, at its end otherwise. */
  readonly firstBytes: Promise<unknown>;
}

export function leaver(url: string, body: object): Leaver {
  const patience = new AbortController();
  const firstBytes = post(`${url}/v1/completions`, { ...GREEDY, ...body }, patience.signal).then((reply) =>
    reply.body?.getReader().read(),
  );
  firstBytes.catch(() => undefined); // it left
  const leave = () => patience.abort();
  return { leave, firstBytes, [Symbol.dispose]: leave };
}

const post = (url: string, body: object, signal: AbortSignal = AbortSignal.timeout(60_000)) =>
  fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });
