import type { Case, Pair, Section } from "../case.ts";
import { type Engine, until } from "../engine.ts";
import { fresh } from "../prompts.ts";
import { idle } from "../watch.ts";
import { ASK } from "./prefills.ts";
import { ticketFor } from "./pulls.ts";
import { completion } from "./requests.ts";

const ABORTED = 'vllm:request_success_total{finished_reason="abort"}';
const LONG = { max_tokens: 900 };

/** A client that closes its connection while it is answered: the engine is free again, and says how the request ended. */
const leaves = (
  name: string,
  on: "p" | "d",
  body: (pair: Pair) => Promise<Readonly<Record<string, unknown>>>,
): Case<Pair> => ({
  name,
  act: async (pair) => {
    const engine = pair[on];
    const before = (await engine.metrics()).get(ABORTED) ?? 0;
    const gone = new AbortController();
    const asked = engine.ask("POST", "/v1/completions", completion({ ...LONG, ...(await body(pair)) }), {
      signal: gone.signal,
    });
    const failed = asked.then(
      () => "answered",
      () => "left",
    );
    await until("the request runs", 10_000, async () => !idle(await engine.metrics()));
    gone.abort();
    await until("nothing runs any more", 10_000, async () => idle(await engine.metrics()));
    const then = await after(engine); // its step also publishes how the other one ended
    return { client: await failed, ...then, abort: ((await engine.metrics()).get(ABORTED) ?? 0) - before };
  },
});

const after = async (engine: Engine) => ({
  health: await engine.health(),
  goesOn: (await engine.ask("POST", "/v1/completions", completion({}))).status,
});

export const leaving: Section<Pair> = {
  name: "leaving",
  title: "A client that leaves",
  cases: [
    leaves("in a stream", "d", async () => ({ stream: true })),
    leaves("before the whole answer", "d", async () => ({})),
    leaves("in a stream behind KV that was read from prefill", "d", async ({ p }) => {
      const prompt = fresh(100);
      return { stream: true, prompt, kv_transfer_params: await ticketFor(p, prompt) };
    }),
    leaves("prefill that would have handed over", "p", async () => ({ kv_transfer_params: ASK })),
  ],
};
