import type { Head } from "../upstream.ts";

/** Source: RFC 9110 §5.1, §5.5, §7.1; a path is what node:http lets in. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const PATH = /^[/*][\x21-\x7e\x80-\xff]*$/;
const OURS = new Set(["host", "connection", "content-length", "transfer-encoding"]);

/** A head that would not arrive as it was meant: the fault of whoever made it, and nothing is sent. */
export class HeadError extends Error {
  override readonly name = "HeadError";
}

/**
 * The first part of a request as it is written, latin1. Length, host and connection are the client's own business.
 * @param length of the body, bytes; undefined: it has none
 * @throws HeadError
 */
export function requestHead({ method, path, headers }: Head, host: string, length: number | undefined): string {
  if (!PATH.test(path)) throw new HeadError(`not a path: ${JSON.stringify(path)}`);
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (!sound.has(name)) check(name);
    if (typeof value === "string") text += line(name, value);
    else for (const one of value) text += line(name, one);
  }
  if (length !== undefined) text += `content-length: ${length}\r\n`;
  return `${text}\r\n`;
}

/** Names that have been looked at: requests have the same few. */
const sound = new Set<string>();
const SOUND_MOST = 256;

function check(name: string): void {
  if (!NAME.test(name)) throw new HeadError(`not a header name: ${JSON.stringify(name)}`);
  if (OURS.has(name.toLowerCase())) throw new HeadError(`${name} is not for the caller to set`);
  if (sound.size >= SOUND_MOST) sound.clear();
  sound.add(name);
}

function line(name: string, value: string): string {
  if (!VALUE.test(value)) throw new HeadError(`a control character in the header ${name}, or one that is not latin1`);
  return `${name}: ${value}\r\n`;
}
