import { Arriving } from "../arriving.ts";
import type { Upstream } from "../upstream.ts";
import type { Origin } from "./connection.ts";
import { Pool } from "./pool.ts";
import { requestHead } from "./request-head.ts";

/**
 * An engine behind connections of the proxy's own: a strict reader straight on sockets. An answer whose framing is ambiguous is an
 * UpstreamError and closes its connection. Source: proxy-protocols.md §3.12; RFC 9112.
 * @param url http or https, without a path
 */
export function socketsUpstream(url: string): Upstream {
  const { host } = new URL(url);
  const pool = new Pool(originOf(url));
  return {
    url,
    request: (head, body, signal) =>
      new Promise((resolve, reject) => {
        const text = requestHead(head, host, head.method === "POST" || body ? (body?.length ?? 0) : undefined);
        const arriving = new Arriving(signal, { resolve, reject });
        if (arriving.isOver) return;
        pool.carry({ asked: head, head: text, body, arriving });
      }),
    close: () => pool.close(),
  };
}

function originOf(url: string): Origin {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === "https:";
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (isTls ? 443 : 80)), isTls };
}
