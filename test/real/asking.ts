/** What decode has counted of KV that came from elsewhere, and of prompts it computed itself. */
export async function counted(engine: string): Promise<{ tokens: number; bytes: number; computed: number }> {
  const reply = await fetch(`${engine}/metrics`);
  const lines = (await reply.text()).split("\n");
  const sum = (name: RegExp) =>
    lines.filter((line) => name.test(line)).reduce((all, line) => all + Number(line.slice(line.lastIndexOf(" "))), 0);
  return {
    tokens: sum(/^vllm:prompt_tokens_by_source_total\{.*source="external_kv_transfer"/),
    bytes: sum(/^vllm:nixl_bytes_transferred_sum\{/),
    computed: sum(/^vllm:prompt_tokens_by_source_total\{.*source="local_compute"/),
  };
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

export interface Completion {
  readonly status: number;
  readonly text: string;
  readonly promptTokens: number;
  readonly headers: Headers;
}

/** Sixteen tokens, the same each time for the same prompt. */
export async function complete(url: string, prompt: string, more: object = {}): Promise<Completion> {
  const reply = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "tiny", prompt, max_tokens: 16, temperature: 0, ignore_eos: true, ...more }),
    signal: AbortSignal.timeout(60_000),
  });
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
