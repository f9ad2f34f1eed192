import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ProxyConfig } from "../../../src/proxy/config.ts";
import { checkConfig } from "../../../src/proxy/read-config.ts";
import { startProxy } from "../../../src/proxy/server.ts";
import { ask } from "../client.ts";
import { FakeCluster } from "../fake/cluster.ts";
import { config, program, saysListening } from "../program.ts";
import { type Certificate, certificate } from "./certificates.ts";

const hasOpenssl = (() => {
  try {
    return execFileSync("openssl", ["version"]).length > 0;
  } catch {
    return false;
  }
})();

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';
const STREAM = '{"model":"m","prompt":"one two three","max_tokens":4,"stream":true}';
const silent = { say: () => undefined, request: () => undefined, failed: () => undefined };

const { runWith, write } = program();
let folder = "";
let [first, second]: Certificate[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pdctl-tls-"));
  if (hasOpenssl) [first, second] = [await certificate(folder, "first"), await certificate(folder, "second")];
});
afterAll(() => rm(folder, { recursive: true }));

it.skipIf(!hasOpenssl)(
  "clients speak TLS to it, HTTP/1.1 only; a reload brings a new certificate, and what runs goes on (skipped without openssl)",
  async () => {
    if (!first || !second) throw new Error("no certificates");
    const cluster = await pair();
    const tls = { cert: join(folder, "live.crt"), key: join(folder, "live.key") };
    await put(first, tls);
    const targets = cluster.engines.map(({ url, role }) => ({ url, role, slots: 1 }));
    let now: ProxyConfig = readAs({ ...config(targets), tls });
    const proxy = await startProxy(now, { log: silent, reread: () => Promise.resolve({ config: now }) });
    const { port } = proxy;
    try {
      expect(await over(port, first.ca, SHORT, cluster)).toMatchObject({ status: 200 });
      expect(await over(port, first.ca, STREAM, cluster)).toMatchObject({
        status: 200,
        text: expect.stringMatching(/\[DONE\]\n\n$/),
      });
      expect(await greets(port, first.ca)).toEqual({ alpn: "http/1.1", name: "first" });
      await expect(ask({ port, path: "/health", method: "GET" })).rejects.toThrow();
      const kept = connect({ port, host: "127.0.0.1", ca: first.ca, servername: "localhost" });
      await once(kept, "secureConnect");

      await writeFile(tls.cert, "no certificate");
      await expect(proxy.reload()).rejects.toMatchObject({ fault: "reload.invalid" });
      expect(await greets(port, first.ca)).toMatchObject({ name: "first" });
      await put(second, tls);
      await proxy.reload();
      expect(await greets(port, second.ca)).toEqual({ alpn: "http/1.1", name: "second" });
      kept.write("GET /livez HTTP/1.1\r\nhost: a\r\n\r\n"); // a connection from before
      expect(String((await once(kept, "data"))[0])).toMatch(/^HTTP\/1\.1 200 /);
      kept.destroy();

      const { tls: _, ...plain } = now;
      now = plain;
      await expect(proxy.reload()).rejects.toMatchObject({ facts: { keys: ["tls"] } });
      expect(cluster.violations).toEqual([]);
    } finally {
      await proxy.close(0);
      await cluster.stop();
    }
  },
);

it.skipIf(!hasOpenssl)(
  "a certificate that is not there, or not with its key, ends the start and is named (skipped without openssl)",
  async () => {
    if (!first || !second) throw new Error("no certificates");
    const targets = ["prefill", "decode"].map((role) => ({ url: "http://127.0.0.1:9", role, slots: 1 }));
    const mixed = { cert: first.tls.cert, key: second.tls.key };
    for (const [tls, words] of [
      [mixed, "key values mismatch"],
      [{ cert: "/nowhere.crt", key: "/nowhere.key" }, "/nowhere.crt"],
    ] as const)
      await expect(startProxy(readAs({ ...config(targets), tls }), { log: silent })).rejects.toMatchObject({
        name: "ConfigError",
        faults: [{ at: "tls", why: expect.stringContaining(words) }],
      });
  },
);

it.skipIf(!hasOpenssl).each(["undici", "sockets"])(
  "with %s engines behind https are asked over TLS, and one whose certificate nobody vouches for is down (skipped without openssl)",
  async (upstream) => {
    if (!first || !second) throw new Error("no certificates");
    const cluster = await pair();
    const [known, unknown] = [await inFront(cluster, first), await inFront(cluster, second)];
    try {
      const targets = cluster.engines.map(({ role }, at) => ({ url: known.urls[at], role, slots: 1 }));
      const strange = { url: unknown.urls[1], role: "decode", slots: 1 };
      const file = await write(config([...targets, strange], { upstream }));
      const proxy = runWith({ NODE_EXTRA_CA_CERTS: first.tls.cert }, "--config", file);
      const port = await saysListening(proxy);
      const body = SHORT;
      cluster.remember("s", { path: "/v1/completions", raw: body, headers: {}, atDecode: body, alone: false });
      expect(await ask({ port, body, headers: { "x-request-id": "s" } })).toMatchObject({ status: 200 });
      await expect
        .poll(async () => JSON.parse((await ask({ port, path: "/health", method: "GET" })).text))
        .toMatchObject({
          decode: { up: 1, of: 2 },
          down: [{ url: unknown.urls[1], state: "down" }],
        });
      proxy.child.kill("SIGTERM");
      expect(await proxy.exit).toBe(0);
      expect(cluster.violations).toEqual([]);
    } finally {
      await Promise.all([known.close(), unknown.close()]);
      await cluster.stop();
    }
  },
);

async function pair(): Promise<FakeCluster> {
  const cluster = new FakeCluster("ucm");
  await cluster.add("prefill");
  await cluster.add("decode");
  return cluster;
}

/** What a file with these keys says. */
function readAs(value: object): ProxyConfig {
  const read = checkConfig(value);
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read;
}

async function put({ tls }: Certificate, at: { cert: string; key: string }): Promise<void> {
  await copyFile(tls.cert, at.cert);
  await copyFile(tls.key, at.key);
}

let asked = 0;
async function over(port: number, ca: string, body: string, cluster: FakeCluster) {
  const id = `tls-${++asked}`;
  cluster.remember(id, { path: "/v1/completions", raw: body, headers: {}, atDecode: body, alone: false });
  const headers = { "content-type": "application/json", "x-request-id": id };
  const req = request({ port, host: "127.0.0.1", ca, path: "/v1/completions", method: "POST", headers, agent: false });
  req.end(body);
  const [res] = await once(req, "response");
  let text = "";
  for await (const chunk of res) text += chunk;
  return { status: res.statusCode, text };
}

async function greets(port: number, ca: string) {
  const socket = connect({ port, host: "127.0.0.1", ca, servername: "localhost", ALPNProtocols: ["h2", "http/1.1"] });
  await once(socket, "secureConnect");
  const seen = { alpn: socket.alpnProtocol, name: socket.getPeerCertificate().subject.CN };
  socket.destroy();
  return seen;
}

/** TLS in front of each engine of a cluster. */
async function inFront({ engines }: FakeCluster, { tls, ca }: Certificate) {
  const key = await readFile(tls.key);
  const servers = engines.map(({ url }) =>
    createTlsServer({ cert: ca, key }, (socket) => {
      const engine = connectPlain(Number(new URL(url).port), "127.0.0.1");
      for (const each of [socket, engine]) each.on("error", () => undefined);
      socket.pipe(engine).pipe(socket);
    }),
  );
  for (const server of servers) {
    server.on("tlsClientError", () => undefined); // who does not know the certificate hangs up
    await once(server.listen(0, "127.0.0.1"), "listening");
  }
  const urls = servers.map((server) => {
    const address = server.address();
    return `https://localhost:${typeof address === "object" && address !== null ? address.port : 0}`;
  });
  return { urls, close: () => Promise.all(servers.map((server) => once(server.close(), "close"))) };
}
