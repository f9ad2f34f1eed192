import { createHash } from "node:crypto";
import { type RawMember, rawOf } from "./raw-json.ts";

/** All that decides what an engine's prompt is. Source: proxy-protocols.md §2.0. */
const SHAPES_THE_PROMPT = [
  ...["model", "prompt", "messages", "tools", "chat_template", "chat_template_kwargs", "add_generation_prompt"],
  ...[
    "continue_final_message",
    "documents",
    "mm_processor_kwargs",
    "add_special_tokens",
    "truncate_prompt_tokens",
    "cache_salt",
  ],
];

const short = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Two requests have the same key exactly when an engine would compute the same KV for them. */
export const promptKey = (path: string, members: readonly RawMember[]) =>
  short(JSON.stringify([path.split("?")[0], ...SHAPES_THE_PROMPT.map((key) => rawOf(members, key) ?? null)]));

/** The i-th token after a prompt: with the KV of another prompt it would be another. Some are of several bytes in UTF-8. */
export const token = (key: string, index: number) => `${short(`${key} ${index}`).slice(0, 4)}é😀 `;

export const text = (key: string, length: number) => Array.from({ length }, (_, index) => token(key, index)).join("");
