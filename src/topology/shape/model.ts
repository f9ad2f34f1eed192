import { z } from "zod";
import { line } from "./words.ts";

/** A model written as one text is its path. */
export const model = z.strictObject({
  path: line,
  served_name: line.optional(),
  kind: z.enum(["moe", "dense"]).optional(),
  tokenizer: line.optional(),
});
