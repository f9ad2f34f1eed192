import type { Case, Pair, Section } from "../case.ts";
import { fresh } from "../prompts.ts";
import { watching } from "../watch.ts";
import { chat, completion } from "./requests.ts";

export const ASK = {
  do_remote_decode: true,
  do_remote_prefill: false,
  remote_engine_id: null,
  remote_block_ids: null,
  remote_host: null,
  remote_port: null,
};

type Body = Readonly<Record<string, unknown>>;

const prefills = (name: string, body: Body): Case<Pair> => ({
  name,
  act: async ({ p }) =>
    p.seen(await p.ask("POST", "/v1/completions", completion({ max_tokens: 1, kv_transfer_params: ASK, ...body }))),
});

const ALL_TOKENS = Array.from({ length: 512 }, (_, id) => id);
const twice = fresh(100);

export const prefill: Section<Pair> = {
  name: "prefill",
  title: "What prefill hands over",
  cases: [
    {
      name: "a prompt of 126 tokens, and the counters of prefill",
      act: (pair) =>
        watching({ p: pair.p }, pair, async () =>
          pair.p.seen(
            await pair.p.ask(
              "POST",
              "/v1/completions",
              completion({ prompt: fresh(126), max_tokens: 1, kv_transfer_params: ASK }),
              {
                headers: { "x-request-id": "leg" },
              },
            ),
          ),
        ),
    },
    prefills("only do_remote_decode", { kv_transfer_params: { do_remote_decode: true } }),
    prefills("no kv_transfer_params", { kv_transfer_params: undefined }),
    prefills("empty kv_transfer_params", { kv_transfer_params: {} }),
    prefills("five tokens", { max_tokens: 5 }),
    prefills("a prompt of one token", { prompt: fresh(1) }),
    prefills("a prompt of 31 tokens in blocks of 32", { prompt: fresh(31) }),
    prefills("a prompt of 32 tokens", { prompt: fresh(32) }),
    prefills("a prompt of 33 tokens", { prompt: fresh(33) }),
    prefills("two prompts: the first one's", { prompt: [fresh(40), fresh(70)] }),
    prefills("ended by a token", { stop_token_ids: ALL_TOKENS }),
    prefills("a stream: no parameters", { stream: true }),
    prefills("a prompt that will be known", { prompt: twice }),
    prefills("a prompt that is known", { prompt: twice }),
    {
      name: "chat",
      act: async ({ p }) =>
        p.seen(await p.ask("POST", "/v1/chat/completions", chat({ max_tokens: 1, kv_transfer_params: ASK }))),
    },
    {
      name: "decode, asked as if it were prefill",
      act: async ({ d }) =>
        d.seen(await d.ask("POST", "/v1/completions", completion({ max_tokens: 1, kv_transfer_params: ASK }))),
    },
  ],
};
