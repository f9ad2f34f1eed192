import { wordOf, wordsOf } from "../engine/vocabulary.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { EngineConfig } from "../start/config.ts";
import { integer } from "./fields.ts";
import { badRequest, misshapen, refused } from "./reply.ts";

export type Prompt = readonly string[];

const NO_PROMPT = "Either prompt or prompt_embeds must be provided and non-empty.";

/** The prompts of a completion: a text, token ids, or a list of either. */
export function promptsOf(body: JsonObject, config: EngineConfig): readonly Prompt[] {
  const { prompt } = body;
  if (prompt === undefined || prompt === null || prompt === "") throw refused(NO_PROMPT, "prompt");
  if (typeof body.suffix === "string") {
    if (typeof prompt !== "string")
      throw badRequest("suffix requires text prompt input for FIM completion rendering", "suffix");
  }
  return listed(prompt).map((one) => kept(promptOf(one, config), body));
}

function listed(prompt: unknown): readonly unknown[] {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt)) throw misshapen("list_type", ["prompt"], "Input should be a valid list", prompt);
  if (prompt.length === 0) throw badRequest("You must pass at least one prompt");
  return prompt.every((one) => typeof one === "string" || Array.isArray(one)) ? prompt : [prompt];
}

function promptOf(one: unknown, { vocabulary }: EngineConfig): Prompt {
  if (typeof one === "string") return wordsOf(one);
  const ids = Array.isArray(one) ? one : [];
  ids.forEach((id, at) => {
    if (!Number.isInteger(id))
      throw misshapen("int_type", ["prompt", String(at)], "Input should be a valid integer", id);
    if (id < 0)
      throw misshapen("greater_than_equal", ["prompt", String(at)], "Input should be greater than or equal to 0", id);
  });
  if (ids.length === 0) throw badRequest("The decoder prompt cannot be empty");
  const foreign = ids.find((id) => id >= vocabulary);
  if (foreign !== undefined) throw badRequest(`Token id ${foreign} is out of vocabulary`);
  return ids.map((id) => wordOf(Number(id)));
}

/** The last tokens, where only so many are wanted. */
function kept(prompt: Prompt, body: JsonObject): Prompt {
  const most = integer(body, "truncate_prompt_tokens");
  return most === undefined || most < 1 ? prompt : prompt.slice(-most);
}

/** The chat template of the stand-in: a marker for each role, the words, the tools as JSON, and the assistant's turn. */
export function chatWords(body: JsonObject): Prompt {
  const { messages, tools } = body;
  if (!Array.isArray(messages)) throw misshapen("missing", ["messages"], "Field required", body);
  if (messages.length === 0)
    throw badRequest("Cannot apply chat template to an empty conversation. Provide at least one message.");
  const goesOn = body.continue_final_message === true;
  if (goesOn && body.add_generation_prompt === true)
    throw badRequest("Cannot set both `continue_final_message` and `add_generation_prompt` to True.");
  const turns = messages.flatMap((message, at) => {
    if (!isObject(message) || typeof message.role !== "string")
      throw misshapen("missing", ["messages", String(at), "role"], "Field required", message);
    return [`<|${message.role}|>`, ...wordsOf(contentOf(message.content))];
  });
  const before =
    Array.isArray(tools) && tools.length > 0 ? ["<|tools|>", ...tools.map((tool) => JSON.stringify(tool))] : [];
  return [...before, ...turns, ...(goesOn || body.add_generation_prompt === false ? [] : ["<|assistant|>"])];
}

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join(" ");
}
