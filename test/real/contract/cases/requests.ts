import type { Case, Differs, Pair } from "../case.ts";
import { fresh } from "../prompts.ts";

type Body = Readonly<Record<string, unknown>>;
interface More {
  readonly headers?: Readonly<Record<string, string>>;
  readonly differs?: readonly Differs[];
}

/** A completion of three greedy tokens behind a prompt of forty, but for what is said. `undefined` takes a key out. */
export const completion = (body: Body): Body => ({
  model: "tiny",
  prompt: fresh(40),
  max_tokens: 3,
  temperature: 0,
  ignore_eos: true,
  ...body,
});

export const HELLO = [{ role: "user", content: "hello you" }] as const;

export const chat = (body: Body): Body => ({
  model: "tiny",
  messages: HELLO,
  max_tokens: 3,
  temperature: 0,
  ignore_eos: true,
  ...body,
});

/** A request to decode, and its answer. */
export function request(
  name: string,
  method: string,
  path: string,
  body?: unknown,
  { headers, differs }: More = {},
): Case<Pair> {
  const act = async ({ d }: Pair) => d.seen(await d.ask(method, path, body, headers === undefined ? {} : { headers }));
  return { name, act, ...(differs && { differs }) };
}

export const completes = (name: string, body: Body, more?: More): Case<Pair> =>
  request(name, "POST", "/v1/completions", completion(body), more);

export const chats = (name: string, body: Body, more?: More): Case<Pair> =>
  request(name, "POST", "/v1/chat/completions", chat(body), more);
