import type { Instance } from "../topology/topology.ts";

/** What a user wrote as speculative-config; undefined: nothing, or a text that is no JSON (C10). */
export function speculative({ engine }: Instance): { method?: string; tokens?: number } | undefined {
  const written = engine.args["speculative-config"];
  const config = typeof written === "object" && "json" in written ? written.json : parsed(written);
  if (typeof config !== "object" || config === null || Array.isArray(config)) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...config };
  const { method, num_speculative_tokens: tokens } = fields;
  return {
    ...(typeof method === "string" && { method }),
    ...(Number.isInteger(Number(tokens)) && tokens !== undefined && { tokens: Number(tokens) }),
  };
}

function parsed(written: unknown): unknown {
  try {
    return typeof written === "string" ? JSON.parse(written) : undefined;
  } catch {
    return undefined;
  }
}
