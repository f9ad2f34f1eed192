import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** As much of the registry API as a pull needs, on loopback. Source: distribution spec 1.1, "Pull"; docker's token-free basic auth. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, which docker takes as insecure by itself. */
  readonly host: string;
  /** Puts a layer (a tar) under a tag. @param big  further bytes of zeros: next to nothing on the line, all of it on the disk */
  put(name: string, tag: string, layers: readonly Buffer[]): void;
  /** Everything asked so far: `GET /v2/…`. */
  readonly asked: readonly string[];
  /** From now on whoever does not say `user:password` gets 401. */
  guard(login: string): void;
}

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG = "application/vnd.docker.container.image.v1+json";
const LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export async function startRegistry(): Promise<Registry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Buffer>();
  const asked: string[] = [];
  let login: string | undefined;
  const keep = (bytes: Buffer) => {
    blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };

  const refuse = (response: ServerResponse, status: number, code: string, message: string) => {
    response.writeHead(status, {
      "content-type": "application/json",
      ...(status === 401 && { "www-authenticate": 'Basic realm="the test"' }),
    });
    response.end(JSON.stringify({ errors: [{ code, message }] }));
  };
  const send = (response: ServerResponse, bytes: Buffer, type: string, head: boolean) => {
    response.writeHead(200, {
      "content-type": type,
      "content-length": bytes.length,
      "docker-content-digest": digestOf(bytes),
    });
    response.end(head ? undefined : bytes);
  };
  const answer = ({ method, url = "", headers }: IncomingMessage, response: ServerResponse) => {
    asked.push(`${method} ${url}`);
    const said = /^Basic (.*)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    if (login !== undefined && Buffer.from(said, "base64").toString() !== login)
      return refuse(response, 401, "UNAUTHORIZED", "authentication required");
    if (url === "/v2/") return send(response, Buffer.from("{}"), "application/json", method === "HEAD");
    const [, name = "", kind = "", reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    const found = kind === "blobs" ? blobs.get(reference) : manifests.get(`${name} ${reference}`);
    if (found !== undefined)
      return send(response, found, kind === "blobs" ? "application/octet-stream" : MANIFEST, method === "HEAD");
    if ([...manifests.keys()].some((key) => key.startsWith(`${name} `)))
      return refuse(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    return refuse(response, 404, "NAME_UNKNOWN", "repository name not known to registry");
  };

  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    put: (name, tag, layers) => {
      const packed = layers.map((tar) => ({ mediaType: LAYER, ...keep(gzipSync(tar)) }));
      const config = keep(
        Buffer.from(
          JSON.stringify({
            architecture: { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch,
            os: "linux",
            config: {},
            rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
          }),
        ),
      );
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MANIFEST,
          config: { mediaType: CONFIG, ...config },
          layers: packed,
        }),
      );
      manifests.set(`${name} ${tag}`, manifest);
      manifests.set(`${name} ${digestOf(manifest)}`, manifest);
    },
    guard: (one) => {
      login = one;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
