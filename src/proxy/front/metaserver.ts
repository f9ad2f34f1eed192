import type { IncomingMessage, ServerResponse } from "node:http";
import { JsonError, rawValue, readObject } from "../body/json.ts";
import { errorBody, ProxyError } from "../errors.ts";
import type { Callbacks, Called } from "../legs/callbacks.ts";
import { receive } from "./receive.ts";
import { answerError } from "./reply.ts";

export const METASERVER = "/v1/metaserver";
const LIMIT = 4 * 1024 * 1024; // block ids of a prompt of millions of tokens

const answers: Readonly<Record<Called, readonly [status: number, says: string]>> = {
  prefilled: [200, ""],
  unknown: [404, "no request waits for this call"],
  contradicts: [409, "another call has named other blocks for this request"],
  failed: [502, "prefill failed, or the request has ended"],
};

/** Decode says where its blocks are; it is answered when prefill has written into them. Source: proxy-protocols.md §C.3. */
export async function metaserver(callbacks: Callbacks, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const key = new URL(req.url ?? "/", "http://proxy").searchParams.get("key") ?? "";
    const { said, engineId } = look(await receive(req, LIMIT));
    const [status, says] = answers[await callbacks.take(key, engineId, said)];
    const body = status === 200 ? '{"status":"ok"}' : errorBody({ message: says, status, fault: "request.invalid" });
    res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
  } catch (error) {
    answerError(res, error, {}); // of a call that is none, or whose decode is gone by now
  }
}

/** The object as it came, without what surrounds it, and the id that decode's engine gives the request. */
function look(bytes: Buffer): { said: Buffer; engineId: unknown } {
  try {
    const id = rawValue(readObject(bytes), "request_id");
    const said = Buffer.from(bytes.toString("utf8").trim());
    return { said, engineId: id && JSON.parse(id.toString()) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new ProxyError(
      "request.invalid",
      { why: `the call is not a JSON object: ${error.message}` },
      { cause: error },
    );
  }
}
