import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { ask } from "../client.ts";
import { inHouse } from "../house.ts";
import { inOrder, tell } from "./office.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';
const ADMIN = { config: { admin_api_key_env: "ADMIN" }, env: { ADMIN: "the-admins-own" } };
const PATHS = [
  ["GET", "/admin/instances"],
  ["POST", "/admin/instances"],
  ["DELETE", "/admin/instances"],
  ["POST", "/admin/instances/drain"],
  ["POST", "/admin/reload"],
  ["POST", "/instances/add"],
  ["POST", "/instances/remove"],
  ["POST", "/reset_prefix_cache"],
  ["POST", "/start_profile"],
  ["POST", "/stop_profile"],
] as const;

it("with a key nobody without it changes anything, also on the same machine", () =>
  inHouse({ dialect: "nixl", ...ADMIN }, async (house) => {
    for (const [method, path] of PATHS)
      for (const authorization of ["", "Bearer the-admins-ow", "Bearer the-admins-own2", "Basic the-admins-own"]) {
        const answer = await house.ask({ method, path, headers: { authorization } });
        expect(answer).toMatchObject({
          status: 401,
          headers: { "www-authenticate": "Bearer", "x-pdctl-error": "admin.key" },
        });
        expect(JSON.parse(answer.text).error).toMatchObject({ type: "invalid_request_error", param: null, code: 401 });
      }
    expect((await tell(house, "GET", "/admin/instances", undefined, "the-admins-own")).status).toBe(200);
    const plain = { port: house.proxy.port, method: "GET", path: "/admin/instances" };
    expect((await ask({ ...plain, headers: { "x-api-key": "the-admins-own" } })).status).toBe(200);
  }));

it("the admin's key goes to no engine and into no line, whatever it is sent with", () =>
  inHouse({ dialect: "nixl", ...ADMIN, config: { ...ADMIN.config, request_log: true } }, async (house) => {
    const headers = { authorization: "Bearer the-admins-own", "x-api-key": "the-admins-own" };
    const seen: string[] = [];
    for (const engine of house.cluster.engines)
      engine.events.on("arrival", ({ req }) => void seen.push(req.rawHeaders.join(" ")));
    const { port } = house.proxy;
    house.cluster.remember("k", { path: "/v1/completions", raw: SHORT, headers: {}, atDecode: SHORT, alone: false });
    const answer = await house.ask({ body: SHORT, headers: { ...headers, "x-request-id": "k" } });
    expect(answer.status).toBe(200);
    await ask({ port, path: "/v1/models", method: "GET", headers });
    expect((await ask({ port, path: "/reset_prefix_cache?x=1", body: "", headers })).status).toBe(200);
    await house.ask({ method: "PUT", path: "/admin/instances", headers });
    expect(seen).toHaveLength(2);
    for (const engine of house.cluster.engines) {
      expect(engine.resets.map(({ url }) => url)).toEqual(["/reset_prefix_cache?x=1"]);
      seen.push(...engine.resets.map(({ rawHeaders }) => rawHeaders.join(" ")));
    }
    expect([...seen, ...house.log].filter((text) => text.includes("the-admins-own"))).toEqual([]);
  }));

it("without a key only this machine is answered, and not through another proxy or from a page in a browser", () =>
  inHouse({ dialect: "nixl", config: { bind: "0.0.0.0" } }, async (house) => {
    expect((await tell(house, "GET", "/admin/instances")).status).toBe(200);
    for (const headers of [
      { "x-forwarded-for": "10.0.0.9" },
      { forwarded: "for=10.0.0.9" },
      { via: "1.1 front" },
      { "x-real-ip": "10.0.0.9" },
      { origin: "http://page.example" },
    ]) {
      const answer = await house.ask({ method: "POST", path: "/admin/reload", headers });
      expect(answer).toMatchObject({ status: 403, headers: { "x-pdctl-error": "admin.elsewhere" } });
    }
    const own = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal);
    if (own === undefined) return; // a machine without any network has only loopback
    const there = `http://${own.address}:${house.proxy.port}/admin/instances`;
    expect((await fetch(there)).status).toBe(200); // from its own address to its own address
  }));

it("clients that bring no key of theirs are told so in OpenAI's shape, and nothing of it reaches an engine", () =>
  inHouse({ dialect: "nixl", config: { api_key_env: "KEYS" }, env: { KEYS: "one, two" } }, async (house) => {
    for (const authorization of ["", "Bearer three", "Bearer one,two"])
      for (const [method, path] of [
        ["POST", "/v1/completions"],
        ["POST", "/tokenize"],
        ["GET", "/v1/models"],
      ] as const) {
        const answer = await house.ask({
          method,
          path,
          headers: { authorization },
          ...(method === "POST" && { body: SHORT }),
        });
        expect(answer).toMatchObject({
          status: 401,
          headers: { "www-authenticate": "Bearer", "x-pdctl-error": "key.wrong" },
        });
        expect(JSON.parse(answer.text)).toEqual({
          error: {
            message: "no valid API key: send Authorization: Bearer KEY",
            type: "invalid_request_error",
            param: null,
            code: 401,
          },
        });
      }
    expect([house.p[0]?.ids, house.d[0]?.ids]).toEqual([[], []]);
    for (const headers of [{ authorization: "Bearer one" }, { authorization: "bearer two" }, { "x-api-key": "two" }])
      expect((await house.send(SHORT, { headers })).status).toBe(200); // engines get what the client sent: the fakes check it
    for (const path of ["/health", "/livez", "/healthcheck", "/metrics", "/version"])
      expect((await house.get(path)).status).toBe(200);
    const preflight = { method: "OPTIONS", port: house.proxy.port, headers: { origin: "http://page.example" } };
    expect((await ask(preflight)).status).toBe(200);
    expect(house.log.join("")).not.toContain("Bearer");
  }));

it("engines with a key of their own get that, and not the client's", () =>
  inHouse(
    {
      ...{ dialect: "nixl", apiKey: "engines", decode: 2 },
      config: { api_key_env: "KEYS", upstream_api_key_env: "UP" },
      env: { KEYS: "clients", UP: "engines" },
    },
    async (house) => {
      const headers = { authorization: "Bearer clients", "x-request-id": "u" };
      const atEngines = { authorization: "Bearer engines" };
      house.cluster.remember("u", {
        path: "/v1/completions",
        raw: SHORT,
        headers: atEngines,
        atDecode: SHORT,
        alone: false,
      });
      expect((await house.ask({ body: SHORT, headers })).status).toBe(200);
      const models = { port: house.proxy.port, method: "GET", path: "/v1/models", headers };
      expect(await ask(models)).toMatchObject({ status: 200, text: '{"data":[{"id":"m"}]}' });
      const [other] = [await house.cluster.add("decode", { apiKey: "engines" })];
      other.model = "another"; // which the proxy can tell, as it is let in
      const { role, url } = other;
      expect((await tell(house, "POST", "/admin/instances", { role, url })).status).toBe(422);
    },
  ));

it("every engine forgets its prefix cache, and one that does not is named", () =>
  inHouse({ dialect: "nixl", decode: 2 }, async (house) => {
    const { port } = house.proxy;
    const all = house.cluster.engines.map(({ role, url }) => ({ role, url }));
    const done = await ask({ port, path: "/reset_prefix_cache", body: "" });
    expect([done.status, JSON.parse(done.text)]).toEqual([200, { reset: all, failed: [] }]);
    const [bad] = inOrder(house.d);
    for (const [status, body, why] of [
      [500, "", "status 500"],
      [404, '{"detail":"Not Found"}', "status 404: vLLM has this endpoint with VLLM_SERVER_DEV_MODE=1"],
      [200, '{"success":false}', "it holds blocks still, of requests or transfers that run; try again"],
    ] as const) {
      [bad.resetStatus, bad.resetBody] = [status, body];
      const failed = await ask({ port, path: "/reset_prefix_cache", body: "" });
      expect([failed.status, JSON.parse(failed.text).failed]).toEqual([502, [{ role: "decode", url: bad.url, why }]]);
    }
    expect((await house.ask({ method: "GET", path: "/reset_prefix_cache" })).status).toBe(405);
  }));

it("a profile begins and ends on every engine, and one without a profiler is named", () =>
  inHouse({ dialect: "nixl" }, async (house) => {
    const { port } = house.proxy;
    const all = house.cluster.engines.map(({ role, url }) => ({ role, url }));
    for (const [path, done] of [
      ["/start_profile", "started"],
      ["/stop_profile", "stopped"],
    ] as const) {
      const answer = await ask({ port, path, body: "" });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { [done]: all, failed: [] }]);
    }
    for (const engine of house.cluster.engines)
      expect(engine.resets.map(({ url }) => url)).toEqual(["/start_profile", "/stop_profile"]);
    const [bad] = inOrder(house.d);
    bad.resetStatus = 404;
    const failed = await ask({ port, path: "/start_profile", body: "" });
    expect([failed.status, JSON.parse(failed.text).failed]).toEqual([
      502,
      [{ role: "decode", url: bad.url, why: expect.stringContaining("--profiler-config") }],
    ]);
  }));
