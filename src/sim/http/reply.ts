import type { IncomingMessage, ServerResponse } from "node:http";

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
export const refused = (message: string, param: string, value?: number) =>
  badRequest(`${message} (parameter=${param}${value === undefined ? "" : `, value=${value}`})`, param);

/** What does not fit the shape of a request, in the words of its schema. */
export const misshapen = (type: string, loc: readonly string[], msg: string) => {
  const place = ["body", ...loc].join(".");
  return new HttpError(
    400,
    `1 validation error:\n  {'type': '${type}', 'loc': '${place}', 'msg': '${msg}'}`,
    "Bad Request",
    place,
  );
};

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
