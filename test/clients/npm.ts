import OpenAI, { APIError } from "openai";

const model = "tiny";
const greedy = { model, temperature: 0 };
const prompt = "once upon a time there was a model of two layers that said what it could, and nobody minded";
const messages = [
  { role: "user" as const, content: "what is one and two, and three and four, and so on until ten and eleven?" },
];
const tools = [
  {
    type: "function" as const,
    function: {
      name: "add",
      description: "adds two numbers",
      parameters: {
        type: "object",
        properties: { a: { type: "integer" }, b: { type: "integer" } },
        required: ["a", "b"],
      },
    },
  },
];

/** What the `openai` package hands to its caller, by the call that was made: answers, joined streams, errors of its own classes. */
export async function npmCalls(url: string, apiKey = "any"): Promise<Readonly<Record<string, unknown>>> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: 120_000 });
  const seen: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(calls(client))) seen[name] = await call().catch(failed);
  return seen;
}

const calls = (client: OpenAI): Readonly<Record<string, () => Promise<unknown>>> => {
  const { completions, chat, models, responses, embeddings } = client;
  return {
    "models.list": async () => (await models.list()).data.map(({ id }) => id),
    completion: () => completions.create({ ...greedy, prompt, max_tokens: 12 }),
    "completion, logprobs": () => completions.create({ ...greedy, prompt, max_tokens: 4, logprobs: 3 }),
    "completion, stop": () => completions.create({ ...greedy, prompt, max_tokens: 40, stop: ["e", "a"] }),
    "completion, n": () => completions.create({ model, temperature: 0.01, seed: 1, prompt, max_tokens: 4, n: 2 }),
    "completion, echo": () => completions.create({ ...greedy, prompt, max_tokens: 4, echo: true }),
    "completion, echo with logprobs": () =>
      completions.create({ ...greedy, prompt, max_tokens: 4, echo: true, logprobs: 1 }),
    "completion, two prompts": () => completions.create({ ...greedy, prompt: [prompt, "another one"], max_tokens: 4 }),
    "completion, tokens": () =>
      completions.create({ ...greedy, prompt: Array.from({ length: 70 }, (_, at) => at + 40), max_tokens: 4 }),
    "completion, stream": async () =>
      joined(await completions.create({ ...greedy, prompt, max_tokens: 8, stream: true })),
    chat: () => chat.completions.create({ ...greedy, messages, max_tokens: 12 }),
    "chat, max_completion_tokens": () => chat.completions.create({ ...greedy, messages, max_completion_tokens: 12 }),
    "chat, n": () => chat.completions.create({ model, temperature: 0.01, seed: 1, messages, max_tokens: 4, n: 3 }),
    "chat, logprobs": () =>
      chat.completions.create({ ...greedy, messages, max_tokens: 4, logprobs: true, top_logprobs: 2 }),
    "chat, tools": () => chat.completions.create({ ...greedy, messages, tools, max_tokens: 12 }),
    "chat, a tool is required": () =>
      chat.completions.create({ ...greedy, messages, tools, tool_choice: "required", max_tokens: 40 }),
    "chat, this tool": () =>
      chat.completions.create({
        ...greedy,
        messages,
        tools,
        tool_choice: { type: "function", function: { name: "add" } },
        max_tokens: 40,
      }),
    "chat, stream with usage": async () =>
      joined(
        await chat.completions.create({
          ...greedy,
          messages,
          max_tokens: 8,
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    "chat, stream of tools": async () =>
      joined(
        await chat.completions.create({
          ...greedy,
          messages,
          tools,
          tool_choice: "required",
          max_tokens: 40,
          stream: true,
        }),
      ),
    "chat, json_schema": () =>
      chat.completions.create({
        ...greedy,
        messages,
        max_tokens: 30,
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "yes",
            schema: {
              type: "object",
              properties: { yes: { type: "boolean" } },
              required: ["yes"],
              additionalProperties: false,
            },
          },
        },
      }),
    response: () => responses.create({ model, temperature: 0, input: prompt, max_output_tokens: 4 }),
    tokenize: () => client.withOptions({ baseURL: url(client) }).post("/tokenize", { body: { model, prompt } }),
    "another model": () => completions.create({ prompt, model: "another" }),
    "a temperature that does not exist": () => completions.create({ prompt, model, temperature: -4 }),
    "a prompt that is too long": () => completions.create({ ...greedy, prompt: "word ".repeat(40_000), max_tokens: 4 }),
    "no prompt at all": () => client.post("/completions", { body: { model } }),
    "an endpoint that is none": async () =>
      embeddings.create({ model, input: "x" }).catch(({ status }) => ({ status })),
    "a stream that the client leaves": async () => {
      const stream = await completions.create({ ...greedy, prompt, max_tokens: 400, stream: true });
      for await (const { object } of stream) return object; // leaving the loop aborts
      return "nothing came";
    },
  };
};

const url = ({ baseURL }: OpenAI) => baseURL.replace(/\/v1$/, "");

const failed = (error: unknown) => {
  if (!(error instanceof APIError)) throw error;
  return { error: error.constructor.name, status: error.status, body: error.error };
};

interface Chunk {
  readonly choices: readonly {
    readonly text?: string;
    readonly delta?: {
      readonly content?: string | null;
      readonly role?: string;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: unknown;
}

/** How an answer is cut into events is the engine's to say each time anew; what they add up to is the answer. */
async function joined(stream: AsyncIterable<Chunk>) {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const tools = choices.flatMap(({ delta }) => delta?.tool_calls ?? []);
  return {
    text: choices.map(({ text, delta }) => text ?? delta?.content ?? "").join(""),
    role: choices.find(({ delta }) => delta?.role)?.delta?.role,
    tools: tools.map((tool) => `${tool.function?.name ?? ""}${tool.function?.arguments ?? ""}`).join(""),
    finish: choices.flatMap(({ finish_reason }) => finish_reason ?? []),
    usage: chunks.at(-1)?.usage,
  };
}
