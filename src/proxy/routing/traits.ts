import { createHash } from "node:crypto";
import { type JsonObject, rawValue } from "../body/json.ts";
import type { Traits } from "./policies.ts";

/** Headers that name a user or a conversation, then keys of the body that do. An id of one request is neither. Source: proxy-protocols.md §B.6. */
const HEADERS = ["x-session-id", "x-user-id", "x-tenant-id"];
const KEYS = ["session_id", "user", "user_id"];

const BLOCK = 256; // bytes
/** Estimated, as everywhere: four bytes of a prompt are a token. */
export const BLOCK_TOKENS = BLOCK / 4;
const BLOCKS_MOST = 256; // what stands behind 64 KiB no longer tells prompts apart
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export function traitsOf(headers: Readonly<Record<string, string | string[]>>, body: JsonObject): Traits {
  return {
    affinity: () =>
      HEADERS.map((name) => headers[name])
        .find((value) => value !== undefined)
        ?.toString() ??
      KEYS.map((key) => rawValue(body, key))
        .find((raw) => raw !== undefined && raw[0] === 0x22)
        ?.toString() ??
      createHash("sha256").update(promptOf(body)).digest("hex"),
    prefix: () => blocksOf(promptOf(body)),
  };
}

const promptOf = (body: JsonObject): Buffer =>
  rawValue(body, "prompt") ?? rawValue(body, "messages") ?? Buffer.alloc(0);

/** FNV-1a, carried on from block to block; a prompt shorter than a block has none. */
function blocksOf(prompt: Buffer): readonly number[] {
  const blocks: number[] = [];
  const end = Math.min(Math.floor(prompt.length / BLOCK), BLOCKS_MOST) * BLOCK;
  let hash = FNV_OFFSET;
  for (let at = 0; at < end; at++) {
    hash = Math.imul(hash ^ (prompt[at] ?? 0), FNV_PRIME) >>> 0;
    if ((at + 1) % BLOCK === 0) blocks.push(hash);
  }
  return blocks;
}
