import { z } from "zod";
import { args, atLeastOne, duration, line } from "./words.ts";

export const timeouts = z.strictObject({
  connect: duration.default("10s"),
  ready: duration.default("15m"),
  stop: duration.default("30s"),
  smoke: duration.default("5m"),
});

/** What fails is started again, as long as it does not fail all the time. */
export const restart = z.strictObject({
  policy: z.enum(["never", "on-failure"]).default("never"),
  max: z.int().min(1).max(1000).default(3),
  window: duration.default("10m"),
});

export const smoke = z.strictObject({ max_tokens: atLeastOne.default(16), prompt_words: atLeastOne.default(600) });

export const bench = z.strictObject({ args: args.optional() });

export const preflight = z.strictObject({ skip: z.array(line).default([]) });

/** Variables of the launcher, by name; `sh` takes no other names. */
export const secrets = z.array(
  z.string().refine((text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text), {
    error: "is not the name of a variable",
    params: { code: "name", remedy: ["a name like HF_TOKEN; its value comes from your environment"] },
  }),
);
