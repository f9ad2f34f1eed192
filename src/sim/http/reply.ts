import type { IncomingMessage, ServerResponse } from "node:http";
import { isObject, type JsonObject } from "../json.ts";

/** An answer that is not 200, in the shape of vLLM's error bodies. */
export class HttpError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  constructor(status: number, message: string, type: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
  }
}

export const badRequest = (message: string, param: string | null = null) =>
  new HttpError(400, message, "BadRequestError", param);
/** What vLLM's own checks refuse: the message ends with the parameter, and its value where that is the matter. */
export const refused = (message: string, param: string, value?: number | string) =>
  badRequest(`${message} (parameter=${param}${value === undefined ? "" : `, value=${value}`})`, param);

/** What does not fit the shape of a request, in the words of its schema. */
export const misshapen = (type: string, loc: readonly string[], msg: string, input: unknown, more = "") => {
  const place = ["body", ...loc].join(".");
  const row = `{'type': '${type}', 'loc': '${place}', 'msg': '${msg}', 'input': '${shownInput(input)}'${more}}`;
  return new HttpError(400, `1 validation error:\n  ${row}`, "Bad Request", place);
};

/** A value as the server repeats it in a complaint. */
export function shownInput(value: unknown): string {
  if (value === undefined || value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `<list of ${value.length} items>`;
  return isObject(value) ? `<dict of ${Object.keys(value).length} items>` : String(value);
}

/** A request's body, which must be a JSON object. */
export function jsonOf(text: string): JsonObject {
  if (text === "") throw misshapen("missing", [], "Field required", undefined);
  const value = parsed(text);
  if (isObject(value)) return value;
  const msg = "Input should be a valid dictionary or object to extract fields from";
  throw misshapen("model_attributes_type", [], msg, value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    const at = /at position (\d+)/.exec(said)?.[1] ?? String(text.length);
    const why = /property name/.test(said) ? "Expecting property name enclosed in double quotes" : "Expecting value";
    throw misshapen("json_invalid", [at], "JSON decode error", {}, `, 'ctx': {'error': '${why}'}`);
  }
}

/** Bodies of another type are not looked at. */
export function requireJson(req: IncomingMessage): void {
  const type = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "application/json") return;
  const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
  throw new HttpError(400, message, "Bad Request");
}

export const serverError = () => new HttpError(500, "Internal server error", "InternalServerError");

export const errorBody = ({ message, type, param, status }: HttpError) => ({
  error: { message, type, param, code: status },
});

export function sendJson(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  res.writeHead(status, { "content-type": "application/json", "content-length": body.length, ...headers });
  res.end(body);
}

export async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
