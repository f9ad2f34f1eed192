import type { IncomingMessage } from "node:http";
import { BlockList } from "node:net";
import { ProxyError } from "../errors.ts";
import { type KeySet, presented } from "../front/keys.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** What a reverse proxy or a browser adds: then who asks is not who is connected. */
const FROM_ELSEWHERE = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "origin"];

/**
 * Why the admin API does not answer this request. With a key: whoever has it may; without: whoever is on this machine.
 * Source: proxy-protocols.md §3.9, §3.0.
 */
export function adminRefusal(req: IncomingMessage, key: KeySet | undefined): ProxyError | undefined {
  if (key) return presented(req.headers).some((each) => key.has(each)) ? undefined : new ProxyError("admin.key", {});
  const isHere = isOwnMachine(req.socket) && FROM_ELSEWHERE.every((name) => req.headers[name] === undefined);
  return isHere ? undefined : new ProxyError("admin.elsewhere", {});
}

/** Loopback, or the machine's own address on both ends: no packet of another machine comes in with that. */
function isOwnMachine({ remoteAddress, localAddress }: IncomingMessage["socket"]): boolean {
  if (remoteAddress === undefined) return false;
  const address = remoteAddress.replace(/^::ffff:/, "");
  return loopback.check(address, address.includes(":") ? "ipv6" : "ipv4") || remoteAddress === localAddress;
}
