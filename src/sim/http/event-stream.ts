import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { idOf } from "../engine/vocabulary.ts";
import type { EngineConfig } from "../start/config.ts";
import { type Choice, echoed, fingerprint, type Head, promptDetails, tokensOf } from "./answer.ts";
import { chatLogprobs, listedLogprobs, type Spoken } from "./logprobs.ts";
import type { Completion } from "./request.ts";

/** What an answer grew by: one token. */
export interface Piece {
  readonly text: string;
  readonly word: Spoken;
}

/** Server-sent events of one request, in vLLM's order: (chat: the role), pieces, usage if asked for, [DONE]. */
export class EventStream {
  private readonly res: ServerResponse;
  private readonly head: Head;
  private readonly request: Completion;
  private readonly config: EngineConfig;
  private readonly begun = new Set<Choice>();

  constructor(res: ServerResponse, head: Head, request: Completion, config: EngineConfig) {
    this.res = res;
    this.head = head;
    this.request = request;
    this.config = config;
  }

  /** The status, and in chat the role of each choice. */
  async begin(choices: readonly Choice[], headers: Record<string, string>): Promise<void> {
    if (this.res.headersSent) return;
    this.head200(headers);
    if (!this.request.chat) return;
    for (const { index, prompt } of choices) {
      const delta = { role: "assistant", content: "" };
      await this.write({
        ...this.frame(),
        choices: [{ index, delta, logprobs: null, finish_reason: null }],
        ...this.usage(choices),
        prompt_token_ids: this.ids(prompt),
        prompt_text: null,
      });
    }
  }

  piece(choice: Choice, piece: Piece, choices: readonly Choice[]): Promise<void> {
    const shown = this.request.chat ? this.chatPiece(choice, piece) : this.textPiece(choice, piece);
    this.begun.add(choice);
    const last = choice.reason !== null && !this.tellsUsage;
    return this.write({
      ...this.frame(),
      choices: [shown],
      ...this.usage(choices),
      ...(last && { system_fingerprint: fingerprint(this.config) }),
    });
  }

  async end(choices: readonly Choice[]): Promise<void> {
    if (this.tellsUsage) {
      const details = promptDetails(choices, this.config);
      await this.write({
        ...this.frame(),
        choices: [],
        usage: { ...tokensOf(choices), ...(details !== null && { prompt_tokens_details: details }) },
        system_fingerprint: fingerprint(this.config),
      });
    }
    this.res.end("data: [DONE]\n\n");
  }

  async fail(body: unknown, headers: Record<string, string>): Promise<void> {
    if (!this.res.headersSent) this.head200(headers);
    await this.write(body);
    this.res.end("data: [DONE]\n\n");
  }

  private get tellsUsage(): boolean {
    return this.request.includeUsage || this.config.forceUsage;
  }

  private chatPiece(choice: Choice, { text, word }: Piece) {
    const first = choice.words.length === 1;
    return {
      index: choice.index,
      delta: { content: first ? text.trimStart() : text },
      logprobs: this.request.logprobs === undefined ? null : chatLogprobs([word], this.request.logprobs),
      finish_reason: choice.reason,
      ...(choice.reason !== null && { stop_reason: choice.stopReason }),
      token_ids: this.ids([word.word]),
    };
  }

  /** With an echo the first piece begins with the prompt, and names its tokens. */
  private textPiece(choice: Choice, { text, word }: Piece) {
    const { echo, logprobs, promptOnly, tokenIds } = this.request;
    const first = !this.begun.has(choice);
    return {
      index: choice.index,
      text: (first && echo ? echoed(choice) : "") + (promptOnly ? "" : text),
      logprobs: logprobs === undefined ? null : listedLogprobs([word], logprobs, "known"),
      finish_reason: choice.reason,
      stop_reason: choice.stopReason,
      prompt_token_ids: first && (echo || tokenIds) ? choice.prompt.map((one) => this.id(one)) : null,
      token_ids: this.ids([word.word]),
    };
  }

  private ids(words: readonly string[]): readonly number[] | null {
    return this.request.tokenIds ? words.map((word) => this.id(word)) : null;
  }

  private id(word: string): number {
    return idOf(word, this.config.vocabulary);
  }

  private usage(choices: readonly Choice[]) {
    if (!this.request.continuousUsage) return {};
    return { usage: { ...tokensOf(choices), ...(this.request.chat && { completion_tokens_details: null }) } };
  }

  private head200(headers: Record<string, string>): void {
    this.res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...headers });
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
