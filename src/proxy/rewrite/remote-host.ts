import { readObject } from "../body/json.ts";
import { edited, spanOf } from "./spans.ts";

/**
 * The ticket with the host under which prefill itself was reached, for engines that advertise an address which decode cannot reach. Only that one
 * value changes, and none is added. Source: proxy-protocols.md §A.9, §2.2 D4.
 * @param url of the prefill endpoint that wrote it
 */
export function withRemoteHost(ticket: Buffer, url: string): Buffer {
  const host = spanOf(readObject(ticket), "remote_host");
  const text = JSON.stringify(new URL(url).hostname.replace(/^\[|\]$/g, "")); // an IPv6 address without its brackets
  return host ? edited(ticket, [{ ...host, text }]) : ticket;
}
