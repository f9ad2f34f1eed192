import { readFile } from "node:fs/promises";
import { createServer, type Server as PlainServer } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import { createSecureContext } from "node:tls";
import type { ProxyConfig } from "../config.ts";
import type { ConfigFault } from "../settings/reader.ts";

export type Server = PlainServer | SecureServer;

/** The certificate chain and the key that clients see, as PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads what `tls` names, and sees that the two belong together. */
export async function readCertificate({
  tls,
}: Pick<ProxyConfig, "tls">): Promise<
  { readonly certificate: Certificate | undefined } | { readonly faults: readonly ConfigFault[] }
> {
  if (tls === undefined) return { certificate: undefined };
  try {
    const certificate = { cert: await readFile(tls.cert), key: await readFile(tls.key) };
    createSecureContext(certificate);
    return { certificate };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { faults: [{ at: "tls", why: `${tls.cert} and ${tls.key}: ${why}` }] };
  }
}

/** HTTP/1.1, in the clear or over TLS. */
export function openServer(certificate: Certificate | undefined): Server {
  const times = { keepAliveTimeout: 75_000 }; // above what front load balancers keep
  return certificate
    ? createSecureServer({ ...times, ...certificate, ALPNProtocols: ["http/1.1"], minVersion: "TLSv1.2" })
    : createServer(times);
}

/** New connections see the new certificate; those that are there go on. */
export function renew(server: Server, certificate: Certificate): void {
  if ("setSecureContext" in server) server.setSecureContext({ ...certificate, minVersion: "TLSv1.2" });
}

export const listen = (server: Server, { port, bind }: Pick<ProxyConfig, "port" | "bind">) =>
  new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: bind, backlog: 4096 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
