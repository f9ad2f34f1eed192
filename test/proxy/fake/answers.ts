import type { Arrival } from "./checks.ts";
import { rawOf } from "./raw-json.ts";

export interface Choice {
  readonly text: string;
  readonly index?: number;
  readonly finish?: string | null;
  readonly stop?: string | null;
  /** Of a chat's event: its text is what a reasoning model thinks. */
  readonly thinking?: boolean;
}

export interface Usage {
  readonly prompt: number;
  readonly completion: number;
  /** As an engine says that was started with --enable-prompt-tokens-details. */
  readonly cached: number | undefined;
}

const MADE = 1_763_000_000; // seconds: when the fakes were born, and by how much each is younger than the one before

/** An event of a stream, or a whole answer, in the engine's words and with numbers that no float holds. Source: vLLM 0.32, entrypoints/openai. */
export class Words {
  readonly #arrival: Arrival;
  readonly #isChat: boolean;

  constructor(arrival: Arrival) {
    this.#arrival = arrival;
    this.#isChat = arrival.req.url?.startsWith("/v1/chat") === true;
  }

  /** What a chat's stream begins with. */
  opening(index = 0): readonly string[] {
    if (!this.#isChat) return [];
    return [this.#event(`[{"index":${index},"delta":{"role":"assistant","content":""},"finish_reason":null}]`)];
  }

  event({ text, index = 0, finish = null, stop = null, thinking = false }: Choice): string {
    const word = thinking ? "reasoning_content" : "content";
    const said = this.#isChat ? `"delta":{"${word}":${JSON.stringify(text)}}` : `"text":${JSON.stringify(text)}`;
    return this.#event(
      `[{"index":${index},${said},"logprobs":null,"finish_reason":${JSON.stringify(finish)},"stop_reason":${JSON.stringify(stop)}}]`,
    );
  }

  usageEvent(usage: Usage): string {
    return this.#event("[]", `,"usage":${usageText(usage)}`);
  }

  whole(choices: readonly Choice[], usage: Usage): string {
    const list = choices.map(({ text, index = 0, finish = "length", stop = null }) => {
      const said = this.#isChat
        ? `"message": {"role":"assistant","content":${JSON.stringify(text)},"tool_calls":[]}`
        : `"text":${JSON.stringify(text)}`;
      return `{"index":${index},${said},"finish_reason":${JSON.stringify(finish)},"stop_reason":${JSON.stringify(stop)}}`;
    });
    return `{${this.#head(this.#isChat ? "chat.completion" : "text_completion")},"choices":[${list}],"usage": ${usageText(usage)},"vendor":1.50}`;
  }

  #event(choices: string, more = ""): string {
    const object = this.#isChat ? "chat.completion.chunk" : "text_completion";
    return `data: {${this.#head(object)},"choices":${choices}${more}}\r\n\r\n`;
  }

  #head(object: string): string {
    const { id, cluster, engine, members } = this.#arrival;
    const created = MADE + cluster.engines.indexOf(engine);
    return `"id":"${this.#isChat ? "chatcmpl" : "cmpl"}-${id}","object":"${object}","created":${created},"model":${rawOf(members, "model") ?? '"m"'},"x_nonce":9007199254740993`;
  }
}

const usageText = ({ prompt, completion, cached }: Usage) =>
  `{"prompt_tokens":${prompt},"total_tokens": ${prompt + completion},"completion_tokens":${completion},"prompt_tokens_details":${
    cached === undefined ? "null" : `{"audio_tokens":null, "cached_tokens": ${cached} }`
  }}`;

/** A client that wants a stream's usage says so. */
export function wantsUsage({ members }: Arrival): boolean {
  const options = rawOf(members, "stream_options");
  return options !== undefined && JSON.parse(options).include_usage === true;
}

/** As many as the prompt has blocks of four characters. */
export const promptTokens = ({ members }: Arrival) =>
  Math.ceil((rawOf(members, "prompt") ?? rawOf(members, "messages") ?? "").length / 4);
