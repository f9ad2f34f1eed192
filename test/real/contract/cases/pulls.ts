import type { Case, Differs, Pair, Section } from "../case.ts";
import { type Engine, until } from "../engine.ts";
import { LATE } from "../metrics.ts";
import { fresh } from "../prompts.ts";
import type { Seen } from "../seen.ts";
import { atRest, idle, watching } from "../watch.ts";
import { ASK } from "./prefills.ts";
import { completion } from "./requests.ts";

export type Ticket = Readonly<Record<string, unknown>>;

/** The parameters that prefill hands over for this prompt. */
export async function ticketFor(p: Engine, prompt: readonly number[]): Promise<Ticket> {
  const { text } = await p.ask(
    "POST",
    "/v1/completions",
    completion({ prompt, max_tokens: 1, kv_transfer_params: ASK }),
  );
  return JSON.parse(text).kv_transfer_params;
}

interface More {
  readonly length?: number;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly differs?: readonly Differs[];
}

/** A prompt that prefill has read, given to decode with its ticket, changed: the answer, and the counters of decode. */
function pulls(
  name: string,
  change: (ticket: Ticket, pair: Pair) => Ticket | Promise<Ticket>,
  { length = 100, body = {}, differs }: More = {},
): Case<Pair> {
  const prompt = fresh(length);
  return {
    name,
    act: async (pair) => {
      const { p, d } = pair;
      const ticket = await change(await ticketFor(p, prompt), pair);
      return watching({ d }, pair, async () =>
        d.seen(await d.ask("POST", "/v1/completions", completion({ prompt, kv_transfer_params: ticket, ...body }))),
      );
    },
    ...(differs && { differs }),
  };
}

const without = (ticket: Ticket, key: string): Ticket =>
  Object.fromEntries(Object.entries(ticket).filter(([name]) => name !== key));

/** Prefill holds nothing for anybody any more. */
const nothingHeld = ({ p, launcher }: Pair) => atRest(p, launcher.leaseSeconds * 4_000);

const textOf = (answer: string): string => JSON.parse(answer).choices[0].text;

/** The text with this ticket against the text that decode makes of the prompt alone. */
async function asAlone(d: Engine, prompt: readonly number[], ticket: Ticket): Promise<boolean> {
  const body = completion({ prompt, max_tokens: 12 });
  const pulled = await d.ask("POST", "/v1/completions", { ...body, kv_transfer_params: ticket });
  const alone = await d.ask("POST", "/v1/completions", {
    ...body,
    cache_salt: `alone-${prompt.slice(0, 2).join("-")}`,
  });
  return textOf(pulled.text) === textOf(alone.text);
}

export const pull: Section<Pair> = {
  name: "pull",
  title: "What decode does with what prefill handed over",
  cases: [
    pulls("as it came", (ticket) => ticket, { length: 126 }),
    {
      name: "as it came, the text is decode's own",
      act: async ({ p, d }) => {
        const prompt = fresh(100);
        return { asAlone: await asAlone(d, prompt, await ticketFor(p, prompt)) };
      },
    },
    {
      name: "prefill's counters once decode has read, and its blocks",
      act: async (pair) => {
        const prompt = fresh(100);
        return watching({ p: pair.p }, pair, async () => {
          const ticket = await ticketFor(pair.p, prompt);
          await pair.d.ask("POST", "/v1/completions", completion({ prompt, kv_transfer_params: ticket }));
          await nothingHeld(pair);
          return null;
        });
      },
    },
    pulls("as it came, streamed", (ticket) => ticket, { body: { stream: true, max_tokens: 24 } }),
    pulls("a prompt of one token", (ticket) => ticket, {
      length: 1,
      differs: [
        { at: "moved.d", why: "vLLM reads the only token and computes it once more; the stand-in counts it as read" },
      ],
    }),
    {
      name: "a prompt that decode knows, without prefill",
      act: async (pair) => {
        const { d } = pair;
        const prompt = fresh(100);
        await d.ask("POST", "/v1/completions", completion({ prompt }));
        return watching({ d }, pair, async () =>
          d.seen(await d.ask("POST", "/v1/completions", completion({ prompt }))),
        );
      },
    },
    pulls("a prompt of one block", (ticket) => ticket, { length: 32 }),
    pulls("a key more", (ticket) => ({ ...ticket, warp: 1 })),
    pulls("do_remote_decode as well", (ticket) => ({ ...ticket, do_remote_decode: true })),
    pulls("without tp_size", (ticket) => without(ticket, "tp_size")),
    pulls("without remote_num_tokens", (ticket) => without(ticket, "remote_num_tokens")),
    {
      name: "a prompt whose beginning decode knows: only the rest crosses",
      act: async (pair) => {
        const { p, d } = pair;
        const prompt = fresh(100);
        await d.ask("POST", "/v1/completions", completion({ prompt: prompt.slice(0, 64) }));
        const ticket = await ticketFor(p, prompt);
        return watching({ d }, pair, async () =>
          d.seen(await d.ask("POST", "/v1/completions", completion({ prompt, kv_transfer_params: ticket }))),
        );
      },
    },
    {
      name: "the parameters of a prompt that was read before: 200, and not noticed",
      act: async (pair) => {
        const { p, d } = pair;
        const [first, second] = [fresh(100), fresh(100)];
        const ticket = await ticketFor(p, first);
        await d.ask("POST", "/v1/completions", completion({ prompt: first, kv_transfer_params: ticket }));
        return watching({ d }, pair, async () =>
          d.seen(await d.ask("POST", "/v1/completions", completion({ prompt: second, kv_transfer_params: ticket }))),
        );
      },
    },
    {
      name: "the parameters of another prompt: the text is another one",
      act: async ({ p, d }) => {
        const [first, second] = [fresh(100), fresh(100)];
        return { asAlone: await asAlone(d, second, await ticketFor(p, first)) };
      },
    },
    pulls("another engine's id", (ticket) => ({ ...ticket, remote_engine_id: "00000000-dead" })),
    pulls("another engine's id, streamed", (ticket) => ({ ...ticket, remote_engine_id: "00000000-dead" }), {
      body: { stream: true },
    }),
    pulls("block ids that do not exist", (ticket) => ({
      ...ticket,
      remote_block_ids: [[900_000, 900_001, 900_002, 900_003]],
    })),
    pulls("another port of an engine that is known", (ticket) => ({ ...ticket, remote_port: 1 })),
    pulls("another host of an engine that is known", (ticket) => ({ ...ticket, remote_host: "192.0.2.9" })),
    {
      name: "prefill, asked to read from itself",
      act: async ({ p }) => {
        const prompt = fresh(100);
        return p.seen(
          await p.ask(
            "POST",
            "/v1/completions",
            completion({ prompt, kv_transfer_params: await ticketFor(p, prompt) }),
          ),
        );
      },
    },
    {
      name: "decode goes on after all this",
      act: async ({ d }) => d.seen(await d.ask("POST", "/v1/completions", completion({}))),
    },
    {
      name: "a request that decode refuses lets prefill's blocks go before the lease ends",
      act: async (pair) => {
        await nothingHeld(pair);
        const { p, d, launcher } = pair;
        const ticket = await ticketFor(p, fresh(100));
        const reply = await d.ask(
          "POST",
          "/v1/completions",
          completion({ prompt: fresh(100), max_tokens: 0, kv_transfer_params: ticket }),
        );
        return { status: reply.status, soon: await freed(p, (launcher.leaseSeconds * 1000) / 2) };
      },
    },
    {
      name: "a lease that ran out: prefill counts it, decode reads all the same",
      act: async (pair) => {
        const { p, d, launcher } = pair;
        const prompt = fresh(100);
        return watching({ p, d }, pair, async () => {
          const ticket = await ticketFor(p, prompt);
          const before = await p.metrics();
          const rose = async (name: string) => ((await p.metrics()).get(name) ?? 0) > (before.get(name) ?? 0);
          await until("the lease is over", launcher.leaseSeconds * 3_000, () => rose(EXPIRED));
          const reply = await d.ask("POST", "/v1/completions", completion({ prompt, kv_transfer_params: ticket }));
          await p.ask("POST", "/v1/completions", completion({})); // prefill publishes what it was told with its next step
          await until("the late read is counted", 5_000, () => rose(LATE));
          return { status: reply.status, ...said(p, EXPIRY_LINES) };
        });
      },
    },
    pulls("an engine that was never met, at a port where nobody is", async (ticket, { launcher }) => ({
      ...ticket,
      remote_engine_id: "never-met",
      remote_port: await launcher.ports(1),
    })),
  ],
};

const EXPIRED = "vllm:nixl_num_kv_expired_reqs_total";
const EXPIRY_LINES = ["before lease expired", "Potentially invalid KV blocks for unrecognized request"];

const said = (engine: Engine, lines: readonly string[]): { readonly said: Seen } => ({ said: engine.said(...lines) });

async function freed(p: Engine, withinMs: number): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; ) {
    const page = await p.metrics();
    if (idle(page) && page.get("vllm:kv_cache_usage_perc") === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
