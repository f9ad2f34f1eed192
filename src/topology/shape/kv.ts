import { z } from "zod";
import { line } from "./words.ts";

export const role = z.enum(["prefill", "decode"]);

/** The connector's own fields are checked by its own schema, once the roles' overlays are merged. */
const overlay = z.record(z.string(), z.unknown());
export const transfer = z.looseObject({ connector: line, prefill: overlay.optional(), decode: overlay.optional() });
export const cache = z.looseObject({
  connector: line,
  roles: z.array(role).min(1).optional(),
  prefill: overlay.optional(),
  decode: overlay.optional(),
});

export const kv = z.strictObject({
  hash_seed: z.int().min(0).max(4_294_967_295).default(0),
  transfer,
  cache: cache.optional(),
});
