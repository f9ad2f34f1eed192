/** What `pdctl proxy --help` says. The plan writes such a FILE for every cluster; by hand it is for a proxy of one's own. */
export const PROXY_HELP = `Serve OpenAI's API in front of prefill and decode engines, until SIGTERM.

Usage  pdctl proxy --config FILE

  --config FILE          JSON; the launch script of every cluster has one: pdctl plan --script proxy

Keys
  bind, port             where it listens
  family                 relay (prefill's ticket goes to decode), shared-store
  targets                [{ "url": "http://10.0.0.1:8100", "role": "prefill", "slots": 1 }, …]
  prefill_policy, decode_policy   round_robin, least_loaded
  max_concurrent         requests at once; beyond it clients get 503 with Retry-After
  kv_hold_seconds, length_capped, pd_min_prompt_tokens   optional

Serves /v1/completions and /v1/chat/completions over prefill and decode; from decode alone, with x-pdctl-alone in the answer, what
       one KV cannot serve (n > 1, several prompts, …), /v1/responses, /v1/messages, /tokenize, /detokenize; /v1/models
Looks  /health, /metrics
Exit   0 stopped when asked, 1 cannot listen, 2 no config, or one with errors
`;

/** What is wrong with the words after `proxy`, before the program itself is loaded. */
export function proxyFault(words: readonly string[]): string | undefined {
  const unknown = words.find((word) => word.startsWith("-") && !/^--config(=|$)/.test(word));
  if (unknown !== undefined) return `unknown option ${unknown}`;
  const at = words.findIndex((word) => /^--config(=|$)/.test(word));
  if (at < 0) return "proxy needs a configuration: --config FILE";
  const value = words[at]?.startsWith("--config=") ? words[at].slice("--config=".length) : words[at + 1];
  return value === undefined || value === "" ? "--config FILE needs a value" : undefined;
}
