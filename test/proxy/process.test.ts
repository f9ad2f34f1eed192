import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { ask, openAsk } from "./client.ts";
import { FakeCluster } from "./fake/cluster.ts";
import { config, program, saysListening } from "./program.ts";

const { run, write } = program();

it("a wrong config, file or command line ends with 2 and says where and what", async () => {
  const file = await write({ ...config([{ url: "10.0.0.1:8100", role: "prefil", slots: 0 }]), polcy: 1, port: 99_999 });
  const wrong = [
    run("--config", file),
    run("--config", await write("{")),
    run("--config", "/nowhere.json"),
    run(),
    run("--confg", file),
  ];
  expect(await Promise.all(wrong.map(({ exit }) => exit))).toEqual([2, 2, 2, 2, 2]);
  const [keys, broken, missing, ...usages] = wrong.map(({ said }) => said());
  for (const words of [
    "port: expected a port",
    "targets[0].url: expected a url",
    'targets[0].role: expected "prefill" or "decode"',
  ])
    expect(keys).toContain(words);
  for (const words of [
    "polcy: unknown key",
    "targets[0].slots: expected a whole number",
    'at least one with role "decode"',
  ])
    expect(keys).toContain(words);
  expect(broken).toContain("not JSON");
  expect(missing).toContain("/nowhere.json: cannot read it");
  for (const usage of usages) expect(usage).toMatch(/\n {2}next {4}pdctl proxy --help\n$/);
  expect(usages.at(-1)).toContain("unknown option --confg; did you mean --config?");
});

it("a port that is taken ends with 1 and is named", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const address = holder.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const targets = ["prefill", "decode"].map((role) => ({ url: "http://127.0.0.1:9", role, slots: 1 }));
  const proxy = run("--config", await write(config(targets, { port })));
  expect(await proxy.exit).toBe(1);
  expect(proxy.said()).toContain(`cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`);
  expect(proxy.said()).toContain("another program has it: --port N");
  holder.close();
});

it("SIGTERM lets a running stream end whole, takes nothing new, and ends with 0", async () => {
  const cluster = new FakeCluster("ucm");
  await cluster.add("prefill");
  const decode = await cluster.add("decode");
  const proxy = run("--config", await write(config(cluster.engines.map(({ url, role }) => ({ url, role, slots: 1 })))));
  const port = await saysListening(proxy);
  let goOn: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  decode.faults.push({ kind: "paced", before: (event) => (event < 2 ? Promise.resolve() : asked) });
  const body = '{"model":"m","prompt":"a","stream":true,"max_tokens":3}';
  const headers = { "content-type": "application/json", "x-request-id": "s" };
  cluster.remember("s", { path: "/v1/completions", raw: body, headers, atDecode: body, alone: false });
  const res = await openAsk({ port, body, headers }).head;
  const chunks: string[] = [];
  res.on("data", (chunk) => chunks.push(String(chunk)));
  await once(res, "data");
  proxy.child.kill("SIGTERM");
  while (!proxy.said().includes("stopping"))
    await once(proxy.child.stderr, "data", { signal: AbortSignal.timeout(5_000) });
  await expect(openAsk({ port, path: "/health", method: "GET" }).head).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
  goOn();
  await once(res, "end");
  expect([res.complete, chunks.join("").endsWith("data: [DONE]\n\n")]).toEqual([true, true]);
  expect(await proxy.exit).toBe(0);
  expect(cluster.violations).toEqual([]);
  await cluster.stop();
});

it("a proxy that was stopped counts its sleep: decode is never sent a ticket that lay in the socket until the KV was gone", async () => {
  const cluster = new FakeCluster("nixl");
  const [prefill, decode] = [await cluster.add("prefill"), await cluster.add("decode")];
  const targets = cluster.engines.map(({ url, role }) => ({ url, role, slots: 1 }));
  const proxy = run("--config", await write(config(targets, { family: "relay", kv_hold_seconds: 2 })));
  const port = await saysListening(proxy);
  let answer: () => void = () => undefined;
  const may = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    const before = () => {
      resolve();
      return may;
    };
    prefill.faults.push({ kind: "paced", before });
  });
  const body = '{"model":"m","prompt":"a","max_tokens":3}';
  const headers = { "content-type": "application/json", "x-request-id": "s" };
  cluster.remember("s", { path: "/v1/completions", raw: body, headers, atDecode: body, alone: false });
  const asked = ask({ port, body, headers });
  await arrived;
  proxy.child.kill("SIGSTOP");
  answer();
  await new Promise((resolve) => setTimeout(resolve, 2_200)); // the lease runs out
  expect(cluster.registry.handles.map(({ state }) => state)).toEqual(["pinned"]); // prefill did answer
  proxy.child.kill("SIGCONT");
  expect(await asked).toMatchObject({ status: 503, headers: { "x-pdctl-error": "kv.expired" } });
  expect(decode.ids).toEqual([]);
  proxy.child.kill("SIGTERM");
  expect(await proxy.exit).toBe(0);
  await cluster.stop();
});
