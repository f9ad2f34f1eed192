import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { receive } from "../../src/proxy/front/receive.ts";
import { ask } from "./client.ts";
import { inHouse } from "./house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

it("what is no JSON object is a 400 in OpenAI's shape and reaches no engine", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const bodies = [
      "",
      "{",
      "[]",
      '"x"',
      "null",
      '{"a":1,}',
      '{"a":NaN}',
      '{"a":1}{}',
      Buffer.from([0x7b, 0xff, 0x7d]),
    ];
    for (const body of bodies) {
      const answer = await house.ask({ body });
      expect(answer).toMatchObject({ status: 400, headers: { "x-pdctl-error": "request.invalid" } });
      expect(JSON.parse(answer.text).error).toMatchObject({ type: "invalid_request_error", param: null, code: 400 });
    }
    expect(house.p[0]?.ids).toEqual([]);
  }));

it("paths and methods that are not served are named in the answer", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    expect(await house.ask({ path: "/v1/loads?x", body: "{}" })).toMatchObject({ status: 404 });
    expect(await house.ask({ path: "/", method: "GET" })).toMatchObject({ status: 404 });
    expect(await house.ask({ method: "GET" })).toMatchObject({ status: 405 });
    expect(await house.ask({ method: "OPTIONS", path: "/metrics" })).toMatchObject({ status: 405 });
    expect(await house.ask({ path: "/scale_elastic_ep", body: "{}" })).toMatchObject({ status: 404 });
    expect(await house.ask({ path: "/health", body: "{}" })).toMatchObject({ status: 405 });
  }));

it("a body beyond the limit is a 413, announced or not", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const headers = { "content-length": String(65 * 1024 * 1024) };
    const announced = house.ask({ headers, body: Buffer.alloc(65 * 1024 * 1024, 0x20) });
    expect(await announced).toMatchObject({ status: 413, headers: { "x-pdctl-error": "request.too-large" } });
    const server = createServer((req, res) =>
      receive(req, 10).then(
        () => res.end(),
        ({ status }) => res.writeHead(status).end(),
      ),
    );
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const answers = await Promise.all(
      ["1234567890", "12345678901"].map((body) => ask({ port, body, headers: { "transfer-encoding": "chunked" } })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 413]);
    await once(server.close(), "close");
  }));

it("beyond max_concurrent, and with no queue, clients are refused at once, and a client that leaves makes room", () =>
  inHouse({ dialect: "nixl", config: { max_concurrent: 2, queue_size: 0 } }, async (house) => {
    const p = house.p[0];
    p?.faults.push({ kind: "hang" }, { kind: "hang" });
    const inside = [];
    for (let client = 0; client < 2; client++) {
      const arrived = p?.next("arrival");
      inside.push(house.open(SHORT));
      await arrived;
    }
    const refused = await house.send(SHORT);
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "1", "x-pdctl-error": "proxy.full" } });
    for (const client of inside) {
      const aborted = p?.next("aborted");
      client.leave();
      await aborted;
    }
    expect((await house.send(SHORT)).status).toBe(200);
    expect(p?.ids).toHaveLength(3);
  }));

it("models and version are a live engine's own words", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    expect(await house.get("/v1/models")).toMatchObject({ status: 200, text: '{"data":[{"id":"m"}]}' });
    expect(await house.get("/version")).toMatchObject({ status: 200, headers: { "x-pdctl-target": house.d[0]?.url } });
  }));

it("what only decode can do, a client asks of decode, whatever it tries to bring along", () =>
  inHouse({ dialect: "nixl", apiKey: "key" }, async (house) => {
    const headers = { authorization: "Bearer key" };
    const paths = [
      ...["/v1/responses", "/v1/messages", "/v1/messages/count_tokens?beta=true", "/tokenize", "/detokenize"],
      ...[
        "/v1/chat/completions/batch",
        "/v1/embeddings",
        "/v2/embed",
        "/v1/rerank",
        "/v2/rerank",
        "/rerank",
        "/v1/score",
        "/score",
        "/pooling",
        "/classify",
      ],
    ];
    for (const path of paths) {
      const raw = '{"kv_transfer_params":{"remote_host":"10.0.0.9"},"model":"m","input":"hello"}';
      const answer = await house.send(raw, { path, headers, alone: true, atDecode: '{"model":"m","input":"hello"}' });
      expect(answer).toMatchObject({ status: 200, headers: { "x-pdctl-alone": "other_api" } });
    }
    expect([house.p[0]?.ids, house.d[0]?.ids.length]).toEqual([[], paths.length]);
    expect(await house.send('{"model":"m"}', { path: "/tokenize", alone: true })).toMatchObject({ status: 401 });
    expect(await house.metric("pdctl_proxy_bypass_total")).toEqual(['pdctl_proxy_bypass_total{reason="other_api"} 16']);
  }));

it("a browser's question before a call is answered by an engine, whose pages it may call from elsewhere", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const headers = { origin: "http://page.example", "access-control-request-method": "POST" };
    for (const path of ["/v1/chat/completions", "/v1/models", "/tokenize"]) {
      const answer = await ask({ port: house.proxy.port, method: "OPTIONS", path, headers });
      expect(answer).toMatchObject({
        status: 200,
        headers: { "access-control-allow-origin": "http://page.example", "x-pdctl-target": house.d[0]?.url },
      });
    }
    await house.d[0]?.stop();
    await house.p[0]?.stop();
    await expect.poll(async () => (await ask({ port: house.proxy.port, method: "OPTIONS", headers })).status).toBe(503);
  }));

it("an engine that calls itself dead is out until it is well again", () =>
  inHouse({ dialect: "nixl", prefill: 2 }, async (house) => {
    const [sick, well] = house.p;
    const state = async () => JSON.parse((await house.get("/targets")).text).targets[0].state;
    if (sick) sick.health = 503;
    while ((await state()) !== "down");
    for (let request = 0; request < 3; request++) expect((await house.send(SHORT)).status).toBe(200);
    expect([sick?.ids.length, well?.ids.length]).toEqual([0, 3]);
    if (sick) sick.health = 200;
    while ((await state()) !== "up");
  }));

it("an engine that is late to say how it is gives way to others, and serves when it is the last", () =>
  inHouse({ dialect: "nixl", prefill: 2, probeTimes: { upMs: 10, otherMs: 10, answerMs: 100 } }, async (house) => {
    const [late, well] = house.p;
    const state = async () => JSON.parse((await house.get("/targets")).text).targets[0].state;
    if (late) late.health = "hangs";
    while ((await state()) !== "down");
    for (let request = 0; request < 2; request++) expect((await house.send(SHORT)).status).toBe(200);
    expect([late?.ids.length, well?.ids.length]).toEqual([0, 2]);
    await well?.stop();
    expect((await house.send(SHORT)).status).toBe(200);
    expect(late?.ids).toHaveLength(1);
    expect((await house.get("/health")).status).toBe(503);
  }));

it("a refused connection takes an engine out at once, without waiting for a probe", () =>
  inHouse(
    { dialect: "nixl", prefill: 2, probeTimes: { upMs: 60_000, otherMs: 10, answerMs: 1_000 } },
    async (house) => {
      await house.p[0]?.stop();
      for (let request = 0; request < 4; request++) expect((await house.send(SHORT)).status).toBe(200);
      expect(JSON.parse((await house.get("/health")).text).prefill).toEqual({ up: 1, of: 2 });
      expect(await house.metric("pdctl_proxy_retries_total")).toEqual([
        'pdctl_proxy_retries_total{role="prefill",reason="connect"} 1',
      ]);
      await house.p[0]?.start(); // and it is back as soon as it answers again
      await expect
        .poll(async () => JSON.parse((await house.get("/health")).text).prefill, { timeout: 10_000 })
        .toEqual({ up: 2, of: 2 });
    },
  ));

it("an engine whose core died is out with the first request that it fails, without waiting for a probe", () =>
  inHouse({ dialect: "nixl", decode: 2, probeTimes: { upMs: 60_000, otherMs: 10, answerMs: 1_000 } }, async (house) => {
    const [dead] = house.d;
    if (!dead) throw new Error("no engine");
    dead.health = 503;
    dead.faults.push({ kind: "status", status: 500, body: "{}" });
    while (dead.faults.length > 0) expect((await house.send(SHORT)).status).toBe(200); // both legs go again
    await expect
      .poll(async () => JSON.parse((await house.get("/health")).text).decode, { timeout: 10_000 })
      .toEqual({ up: 1, of: 2 });
    house.cluster.registry.expire();
  }));

it("a connection that never says anything does not keep the proxy from stopping", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const silent = connect(house.proxy.port, "127.0.0.1");
    await once(silent, "connect");
    const closed = once(silent.resume(), "close");
    await Promise.all([house.close(0), closed]);
  }));

it("the metrics are what Prometheus reads, and count each leg once", () =>
  inHouse({ dialect: "nixl", dpSize: 2 }, async (house) => {
    await house.send(SHORT);
    const { text, headers } = await house.get("/metrics");
    expect(headers["content-type"]).toMatch("text/plain; version=0.0.4");
    const rows = text.trimEnd().split("\n");
    const names = rows.filter((row) => row.startsWith("# TYPE")).map((row) => row.split(" ")[2]);
    expect(new Set(names).size).toBe(names.length);
    for (const row of rows)
      expect(row).toMatch(
        /^(# (HELP|TYPE) (pdctl_proxy|process)_\w+ .+|(pdctl_proxy|process)_\w+(\{(\w+="[^"\n]*",?)+\})? -?[\d.e+-]+)$/,
      );
    for (const { role, url } of house.cluster.engines)
      expect(rows).toContain(`pdctl_proxy_upstream_requests_total{role="${role}",target="${url}",code="200"} 1`);
    expect(rows).toContain('pdctl_proxy_requests_total{endpoint="/v1/completions",code="200",route="pd"} 1');
  }));

it("what still runs when the grace is over ends with an error event, and no new client is let in", () =>
  inHouse({ dialect: "ucm" }, async (house) => {
    house.d[0]?.faults.push({
      kind: "paced",
      before: (event) => (event === 0 ? Promise.resolve() : new Promise(() => undefined)),
    });
    const open = house.open('{"model":"m","prompt":"a","stream":true}');
    const res = await open.head;
    const chunks: string[] = [];
    res.on("data", (chunk) => chunks.push(String(chunk)));
    res.on("error", () => undefined); // cut off, as `complete` says
    await once(res, "data");
    const cut = new Promise((resolve) => res.on("close", resolve));
    const closed = house.close(20);
    await expect(house.get("/health")).rejects.toThrow("ECONNREFUSED");
    await cut;
    expect([res.complete, chunks.at(-1)?.includes("the proxy is stopping")]).toEqual([false, true]);
    await closed;
  }));
