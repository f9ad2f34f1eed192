import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { JsonObject } from "../json.ts";
import type { EngineConfig } from "../start/config.ts";
import type { Completion } from "./request.ts";

/** What one prompt (or one copy of it) has brought so far. */
export interface Choice {
  readonly index: number;
  readonly prompt: readonly string[];
  text: string;
  generated: number;
  reason: string | null;
  stopReason: string | null;
  cachedTokens: number;
  kvParams: JsonObject | null | undefined;
}

interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export function usageOf(choices: readonly Choice[], config: EngineConfig): JsonObject {
  const prompt = choices
    .filter((choice, at) => choices.findIndex((one) => one.prompt === choice.prompt) === at)
    .reduce((sum, one) => sum + one.prompt.length, 0);
  const generated = choices.reduce((sum, one) => sum + one.generated, 0);
  const cached = choices[0]?.cachedTokens ?? 0;
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + generated,
    completion_tokens: generated,
    prompt_tokens_details: config.promptTokensDetails && cached > 0 ? { cached_tokens: cached } : null,
    completion_tokens_details: null,
  };
}

export function wholeAnswer(
  head: Head,
  request: Completion,
  choices: readonly Choice[],
  config: EngineConfig,
): JsonObject {
  const [first] = choices;
  return {
    id: head.id,
    object: request.chat ? "chat.completion" : "text_completion",
    created: head.created,
    model: head.model,
    choices: choices.map((choice) => (request.chat ? chatChoice(choice) : textChoice(choice, request.echo))),
    service_tier: null,
    system_fingerprint: `vllm-${config.version}-standin`,
    usage: usageOf(choices, config),
    ...(request.chat && { prompt_logprobs: null, prompt_token_ids: null, prompt_text: null }),
    ...(first?.kvParams === undefined ? {} : { kv_transfer_params: first.kvParams }),
    ec_transfer_params: null,
    metrics: null,
  };
}

const chatChoice = ({ index, text, reason, stopReason }: Choice) => ({
  index,
  message: {
    role: "assistant",
    content: text.trimStart(),
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    reasoning: null,
  },
  logprobs: null,
  finish_reason: reason,
  stop_reason: stopReason,
  token_ids: null,
  routed_experts: null,
});

const textChoice = ({ index, text, reason, stopReason, prompt }: Choice, echo: boolean) => ({
  index,
  text: echo ? prompt.join(" ") + text : text,
  logprobs: null,
  finish_reason: reason,
  stop_reason: stopReason,
  token_ids: null,
  prompt_logprobs: null,
  prompt_token_ids: null,
  routed_experts: null,
});

/** Server-sent events of one request, in vLLM's order: (chat: the role), pieces, usage if asked for, [DONE]. */
export class EventStream {
  private readonly res: ServerResponse;
  private readonly head: Head;
  private readonly request: Completion;
  private readonly config: EngineConfig;

  constructor(res: ServerResponse, head: Head, request: Completion, config: EngineConfig) {
    this.res = res;
    this.head = head;
    this.request = request;
    this.config = config;
  }

  async begin(choices: readonly Choice[], headers: Record<string, string>): Promise<void> {
    if (this.res.headersSent) return;
    this.head200(headers);
    for (const choice of choices) {
      if (this.request.chat)
        await this.event(
          [{ index: choice.index, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }],
          choices,
        );
      else if (this.request.echo)
        await this.event(
          [
            {
              index: choice.index,
              text: choice.prompt.join(" "),
              logprobs: null,
              finish_reason: null,
              stop_reason: null,
            },
          ],
          choices,
        );
    }
  }

  piece(choice: Choice, text: string, choices: readonly Choice[]): Promise<void> {
    const { index, reason, stopReason } = choice;
    const shown = choice.generated === 1 && this.request.chat ? text.trimStart() : text;
    const content = this.request.chat ? { delta: { content: shown } } : { text: shown };
    return this.event([{ index, ...content, logprobs: null, finish_reason: reason, stop_reason: stopReason }], choices);
  }

  async end(choices: readonly Choice[]): Promise<void> {
    if (this.request.includeUsage || this.config.forceUsage)
      await this.write({ ...this.frame(), choices: [], usage: usageOf(choices, this.config) });
    this.res.end("data: [DONE]\n\n");
  }

  async fail(body: unknown, headers: Record<string, string>): Promise<void> {
    if (!this.res.headersSent) this.head200(headers);
    await this.write(body);
    this.res.end("data: [DONE]\n\n");
  }

  private head200(headers: Record<string, string>): void {
    this.res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...headers });
  }

  private event(shown: readonly unknown[], choices: readonly Choice[]): Promise<void> {
    return this.write({
      ...this.frame(),
      choices: shown,
      ...(this.request.continuousUsage && { usage: usageOf(choices, this.config) }),
    });
  }

  private frame() {
    return {
      id: this.head.id,
      object: this.request.chat ? "chat.completion.chunk" : "text_completion",
      created: this.head.created,
      model: this.head.model,
    };
  }

  private async write(value: unknown): Promise<void> {
    if (this.res.destroyed || this.res.write(`data: ${JSON.stringify(value)}\n\n`)) return;
    await Promise.race([once(this.res, "drain"), once(this.res, "close")]);
  }
}
