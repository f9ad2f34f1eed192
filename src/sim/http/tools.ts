import { isObject, type JsonObject } from "../json.ts";
import type { EngineConfig } from "../start/config.ts";
import { badRequest, refused } from "./reply.ts";

/** Refuses the tools that this server cannot read out of an answer: it was not started with a parser for them. */
export function checkTools(body: JsonObject, { autoTools, toolParser }: EngineConfig): void {
  const tools = Array.isArray(body.tools) ? body.tools.filter(isObject) : [];
  const choice = body.tool_choice ?? (tools.length > 0 ? "auto" : "none");
  if (choice === "none") return;
  if (tools.length === 0) throw refused("When using `tool_choice`, `tools` must be set.", "tool_choice");
  const named = isObject(choice) && isObject(choice.function) ? String(choice.function.name) : undefined;
  if (named !== undefined && !tools.some((tool) => isObject(tool.function) && tool.function.name === named))
    throw refused("The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice");
  if (choice === "auto" && !(autoTools && toolParser !== undefined))
    throw badRequest('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set');
  if (choice !== "auto" && toolParser === undefined) {
    const shown = named === undefined ? `"${String(choice)}"` : `function "${named}"`;
    throw badRequest(`tool_choice=${shown} requires --tool-call-parser to be set`);
  }
}
