import { type Fields, listed, readFields } from "./fields.ts";
import { FramingError } from "./framing-error.ts";

/** The first part of an answer, and what it says of the bytes that follow. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Fields;
  /** How long the body is: bytes, or how its end shows. */
  readonly body: number | "chunked" | "until-close";
  /** How long the connection may idle afterwards and carry another request, ms; 0: not at all, undefined: it does not say. */
  readonly idleMs: number | undefined;
}

/** Source: RFC 9112 §4. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const LENGTH = /^\d{1,15}$/;
const KEEP_ALIVE_MARGIN_MS = 1_000; // of ours that may be on its way when the engine's time is over

/**
 * Reads a head, and refuses what two readers could understand differently: two lengths, a length beside chunks, a coding that nobody asked for.
 * @param text without the blank line that ends it, latin1
 * @param answersHead the request was HEAD: the fields speak of a body that does not come
 * @throws FramingError. Source: RFC 9112 §6
 */
export function readResponseHead(text: string, answersHead: boolean): ResponseHead {
  const [line = "", ...rest] = text.split("\r\n");
  const found = STATUS_LINE.exec(line);
  if (!found) throw new FramingError(`not a status line: ${JSON.stringify(line.slice(0, 60))}`);
  const [minor, status] = [Number(found[1]), Number(found[2])];
  const headers = readFields(rest);
  const declared = declaredBody(headers, minor);
  const body = hasNoBody(status, answersHead, declared) ? 0 : (declared ?? "until-close");
  return { status, headers, body, idleMs: body === "until-close" ? 0 : idleMs(headers, minor) };
}

function declaredBody(
  { "transfer-encoding": coding, "content-length": length }: Fields,
  minor: number,
): number | "chunked" | undefined {
  if (coding !== undefined) {
    if (length !== undefined) throw new FramingError("both transfer-encoding and content-length");
    if (minor === 0) throw new FramingError("transfer-encoding in HTTP/1.0");
    if (typeof coding !== "string" || coding.toLowerCase() !== "chunked")
      throw new FramingError(`transfer-encoding ${JSON.stringify(coding)}`);
    return "chunked";
  }
  if (length === undefined) return undefined;
  if (typeof length !== "string" || !LENGTH.test(length)) throw new FramingError(`content-length ${String(length)}`);
  return Number(length);
}

function hasNoBody(status: number, answersHead: boolean, declared: number | "chunked" | undefined): boolean {
  if (status === 101) throw new FramingError("101 to a request that asks for no other protocol");
  const never = status < 200 || status === 204;
  if (never && (declared ?? 0) !== 0) throw new FramingError(`${status} with a body`);
  return never || status === 304 || answersHead;
}

function idleMs({ connection, "keep-alive": limits }: Fields, minor: number): number | undefined {
  const says = listed(connection);
  if (says.includes("close") || (minor === 0 && !says.includes("keep-alive"))) return 0;
  if (limits === undefined) return undefined;
  const number = (name: string) =>
    /^\d{1,9}$/.exec(
      listed(limits)
        .find((one) => one.startsWith(name))
        ?.slice(name.length) ?? "",
    )?.[0];
  if (Number(number("max=") ?? 1) === 0) return 0;
  const timeout = number("timeout=");
  return timeout === undefined ? undefined : Math.max(0, Number(timeout) * 1000 - KEEP_ALIVE_MARGIN_MS);
}
