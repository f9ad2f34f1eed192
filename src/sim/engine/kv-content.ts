import { createHash } from "node:crypto";

/** Bytes that one token leaves in the KV cache of a rank: enough to be cut over 32 workers. */
export const TOKEN_BYTES = 32;

const ROOT = Buffer.alloc(TOKEN_BYTES);

/**
 * The KV of `tokens` behind `before` (the KV of the tokens that are there already). Each token's bytes depend on all tokens before it,
 * as attention makes them, so nothing can be exchanged or left out unseen.
 */
export function computeKv(before: Buffer, tokens: readonly string[]): Buffer {
  const into = Buffer.alloc(tokens.length * TOKEN_BYTES);
  let last = before.length === 0 ? ROOT : before.subarray(before.length - TOKEN_BYTES);
  tokens.forEach((token, at) => {
    last = createHash("sha256").update(last).update(token).digest();
    last.copy(into, at * TOKEN_BYTES);
  });
  return into;
}

/** How an engine lays its KV out in memory: two engines that differ read garbage from each other, and no error. */
export function layoutMask(layout: string): (kv: Buffer) => Buffer {
  const mask = createHash("sha256").update(layout).digest();
  return (kv) => {
    const out = Buffer.allocUnsafe(kv.length);
    for (let at = 0; at < kv.length; at++) out[at] = (kv[at] ?? 0) ^ (mask[at % TOKEN_BYTES] ?? 0);
    return out;
  };
}
