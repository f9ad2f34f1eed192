import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { ask, openAsk } from "../client.ts";
import { FakeCluster } from "../fake/cluster.ts";
import { config, program, says, saysListening } from "../program.ts";

const { run, runWith, write } = program();
const STREAM = '{"model":"m","prompt":"a","stream":true,"max_tokens":3}';

it("L19: after SIGTERM /health says no while requests are let in for the notice that load balancers need", async () => {
  const { cluster, targets } = await pair();
  const proxy = run("--config", await write(config(targets, { notice_seconds: 600 })));
  const port = await saysListening(proxy);
  const running = await openStream(cluster, port, "one");
  proxy.child.kill("SIGTERM");
  await says(proxy, "stopping");
  const health = await ask({ port, path: "/health", method: "GET" });
  expect([health.status, JSON.parse(health.text).status]).toEqual([503, "stopping"]);
  expect((await ask({ port, path: "/livez", method: "GET" })).status).toBe(200);
  const late = await openStream(cluster, port, "two");
  for (const stream of [running, late]) {
    stream.go();
    expect(await stream.ended()).toEqual({ whole: true, done: true });
  }
  proxy.child.kill("SIGTERM");
  expect(await proxy.exit).toBe(0);
  expect(cluster.violations).toEqual([]);
  await cluster.stop();
});

it("what has not ended within the grace ends with an error event and is not whole", async () => {
  const { cluster, targets } = await pair();
  const proxy = run("--config", await write(config(targets, { grace_seconds: 0.3 })));
  const stream = await openStream(cluster, await saysListening(proxy), "one");
  proxy.child.kill("SIGTERM");
  expect(await stream.ended()).toEqual({ whole: false, done: false });
  expect(stream.text()).toMatch(/data: \{"error":\{"message":"the proxy is stopping".*\n\n$/);
  expect(await proxy.exit).toBe(0);
  await cluster.stop();
});

it("a second SIGTERM ends at once, however long the grace is; clients are told all the same", async () => {
  const { cluster, targets } = await pair();
  const proxy = run("--config", await write(config(targets, { notice_seconds: 600, grace_seconds: 600 })));
  const stream = await openStream(cluster, await saysListening(proxy), "one");
  proxy.child.kill("SIGTERM");
  await says(proxy, "SIGTERM: stopping");
  proxy.child.kill("SIGTERM");
  expect(await stream.ended()).toEqual({ whole: false, done: false });
  expect(stream.text()).toContain("the proxy is stopping");
  expect(await proxy.exit).toBe(0);
  expect(proxy.said()).toContain("SIGTERM again: what still runs is broken off");
  await cluster.stop();
});

it("connections that ask for nothing do not hold it up", async () => {
  const { cluster, targets } = await pair();
  const proxy = run("--config", await write(config(targets, { grace_seconds: 600 })));
  const port = await saysListening(proxy);
  const silent = connect(port, "127.0.0.1");
  await once(silent, "connect");
  const stream = await openStream(cluster, port, "one");
  proxy.child.kill("SIGTERM");
  await says(proxy, "stopping");
  const closed = once(silent.resume(), "close");
  stream.go();
  expect(await stream.ended()).toEqual({ whole: true, done: true });
  expect(await proxy.exit).toBe(0);
  await closed;
  await cluster.stop();
});

it("SIGHUP reads the config again: targets change, a wrong one changes nothing, and the log says which", async () => {
  const { cluster, targets } = await pair();
  const fresh = await cluster.add("decode");
  const [file, proxyOf] = ["live.json", (list: readonly object[], more = {}) => config(list, more)];
  const proxy = run("--config", await write(proxyOf(targets), file));
  const port = await saysListening(proxy);
  const urls = async () => {
    const { text } = await ask({ port, path: "/targets", method: "GET" });
    return JSON.parse(text).targets.map(({ url }: { url: string }) => url);
  };
  const [prefill, decode] = targets;
  await write(proxyOf([prefill ?? {}, { url: fresh.url, role: "decode", slots: 1 }]), file);
  proxy.child.kill("SIGHUP");
  await says(proxy, "reloaded: 1 added, 1 leave, 0 stay after all, 1 as before");
  await expect.poll(urls).toEqual([prefill?.url, fresh.url]);
  await write("{", file);
  proxy.child.kill("SIGHUP");
  await says(proxy, /not reloaded: .*not JSON.*nothing was changed/);
  await write(proxyOf([prefill ?? {}, decode ?? {}], { max_concurrent: 9 }), file);
  proxy.child.kill("SIGHUP");
  await says(proxy, "not reloaded: a restart is needed for max_concurrent; nothing was changed");
  expect(await urls()).toEqual([prefill?.url, fresh.url]);
  proxy.child.kill("SIGTERM");
  expect(await proxy.exit).toBe(0);
  await cluster.stop();
});

it("keys of clients come from a file that is read again, and a key that is not there ends the start", async () => {
  const { cluster, targets } = await pair();
  const keys = await write("# team a\nfirst\n\n  second  \n", "keys");
  const more = { api_keys_file: keys, admin_api_key_env: "THE_ADMIN" };
  const file = await write(config(targets, more));
  const without = runWith({ THE_ADMIN: "" }, "--config", file);
  expect([await without.exit, without.said()]).toEqual([
    2,
    expect.stringContaining("admin_api_key_env: the environment has no THE_ADMIN"),
  ]);
  const proxy = runWith({ THE_ADMIN: "of-the-admin" }, "--config", file);
  const port = await saysListening(proxy);
  const models = async (key: string) =>
    (await ask({ port, path: "/v1/models", method: "GET", headers: { authorization: `Bearer ${key}` } })).status;
  await expect.poll(() => models("second")).toBe(200);
  expect([await models("first"), await models("third"), await models("of-the-admin")]).toEqual([200, 401, 401]);
  await write("third\n", "keys");
  proxy.child.kill("SIGHUP");
  await says(proxy, "reloaded:");
  expect([await models("first"), await models("third")]).toEqual([401, 200]);
  await write("\n# nobody\n", "keys");
  proxy.child.kill("SIGHUP");
  await says(proxy, "holds no key");
  expect([await models("first"), await models("third")]).toEqual([401, 200]);
  proxy.child.kill("SIGTERM");
  expect(await proxy.exit).toBe(0);
  for (const key of ["first", "second", "third", "of-the-admin"]) expect(proxy.said()).not.toContain(key);
  await cluster.stop();
});

async function pair() {
  const cluster = new FakeCluster("ucm");
  await cluster.add("prefill");
  await cluster.add("decode");
  return { cluster, targets: cluster.engines.map(({ url, role }) => ({ url, role, slots: 1 })) };
}

/** A stream that has begun, and goes on when it may. */
async function openStream(cluster: FakeCluster, port: number, id: string) {
  let go: () => void = () => undefined;
  const may = new Promise<void>((resolve) => {
    go = resolve;
  });
  const before = (event: number) => (event < 2 ? Promise.resolve() : may);
  cluster.role("decode")[0]?.faults.push({ kind: "paced", before });
  const headers = { "content-type": "application/json", "x-request-id": id };
  cluster.remember(id, { path: "/v1/completions", raw: STREAM, headers, atDecode: STREAM, alone: false });
  const res: IncomingMessage = await openAsk({ port, body: STREAM, headers }).head;
  const chunks: string[] = [];
  res.on("data", (chunk) => chunks.push(String(chunk)));
  res.on("error", () => undefined); // cut off: `complete` says it
  const closed = new Promise<void>((resolve) => res.on("close", () => resolve()));
  const text = () => chunks.join("");
  return {
    go: () => go(),
    text,
    async ended() {
      await closed;
      return { whole: res.complete, done: text().endsWith("data: [DONE]\n\n") };
    },
  };
}
