/** Clients that stream through the proxy, one completion after another, until they are stopped. */
export interface Clients extends AsyncDisposable {
  /** Ends them after their present completion. */
  stop(): Promise<Tallied>;
  /** Resolves when so many more have been answered in full. */
  answered(more: number): Promise<void>;
}

export interface Tallied {
  readonly whole: number;
  /** Whatever a user would have lost: in the words of what came instead. */
  readonly lost: readonly string[];
}

const TOKENS = 24;

/** @param url the proxy's, with /v1 */
export function streaming(url: string, count: number): Clients {
  const lost: string[] = [];
  const waiting = new Set<{ at: number; done: () => void }>();
  let [whole, over, turn] = [0, false, 0];
  const client = async () => {
    while (!over) {
      const said = await complete(url, turn++).catch((error: unknown) => String((error as Error).cause ?? error));
      if (said === undefined) whole++;
      else lost.push(said);
      for (const one of waiting) if (whole + lost.length >= one.at && waiting.delete(one)) one.done();
    }
  };
  const all = Promise.all(Array.from({ length: count }, client));
  const stop = async () => {
    over = true;
    await all;
    return { whole, lost };
  };
  return {
    stop,
    answered: (more) =>
      new Promise((done) => {
        waiting.add({ at: whole + lost.length + more, done });
      }),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** undefined: every token came, and the end of the stream. */
async function complete(url: string, turn: number): Promise<string | undefined> {
  const body = {
    model: "pdctl/stand-in",
    prompt: `turn ${turn} `.repeat(20),
    max_tokens: TOKENS,
    ignore_eos: true,
    stream: true,
  };
  const reply = await fetch(`${url}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000), // a stream that stands still is lost, too
  });
  const text = await reply.text();
  if (reply.status !== 200) return `${reply.status} ${text.slice(0, 200)}`;
  const events = text.split("\n\n").filter((event) => event !== "");
  if (events.at(-1) !== "data: [DONE]") return `a stream without its end: ${events.at(-1)}`;
  const tokens = events.filter((event) => /"text":"[^"]/.test(event)).length;
  return tokens === TOKENS ? undefined : `${tokens} of ${TOKENS} tokens: ${events.slice(-3).join(" ")}`;
}
