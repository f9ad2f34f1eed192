import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { logTo } from "../../../src/proxy/books/log.ts";
import { startProxy } from "../../../src/proxy/server.ts";
import { type Answer, type Ask, ask, openAsk } from "../client.ts";

interface Came {
  readonly method: string;
  readonly url: string;
  readonly type: string | undefined;
  readonly bytes: Buffer;
}
type Play = (res: ServerResponse, came: Came) => void;

/** An engine as far as it serves by itself. */
class Engine {
  readonly came: Came[] = [];
  play: Play = (res) => res.writeHead(404, { "content-type": "application/json" }).end('{"error":"unknown"}');
  url = "";
  left = 0;
  readonly #server: Server = createServer((req, res) => void this.#answer(req, res));

  async start(): Promise<void> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    const address = this.#server.address();
    this.url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
  }
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { url = "", method = "" } = req;
    if (url === "/health") return void res.end();
    if (url === "/v1/models") return void res.end('{"data":[{"id":"m"}]}');
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const came = { method, url, type: req.headers["content-type"], bytes: Buffer.concat(chunks) };
    this.came.push(came);
    res.on("close", () => {
      if (!res.writableFinished) this.left++;
    });
    this.play(res, came);
  }
}

interface Rig {
  readonly d: readonly [Engine, Engine];
  readonly p: Engine;
  readonly port: number;
  readonly log: readonly string[];
  ask(options: Omit<Ask, "port">): Promise<Answer>;
}

async function inRig(test: (rig: Rig) => Promise<void>): Promise<void> {
  const [p, first, second] = [new Engine(), new Engine(), new Engine()];
  const engines = [p, first, second];
  await Promise.all(engines.map((engine) => engine.start()));
  const log: string[] = [];
  const proxy = await startProxy(
    {
      ...{ bind: "127.0.0.1", port: 0, family: "relay", max_concurrent: 10 },
      ...{ prefill_policy: "round_robin", decode_policy: "round_robin" },
      targets: engines.map(({ url }, index) => ({ url, role: index === 0 ? "prefill" : "decode", slots: 1 })),
    },
    { log: logTo((line) => log.push(line)), probeTimes: { upMs: 3_600_000, otherMs: 20, answerMs: 10_000 } },
  );
  try {
    const { port } = proxy;
    for (let up = 0; up < 3; ) {
      const { targets } = JSON.parse((await ask({ port, method: "GET", path: "/targets" })).text);
      up = targets.filter(({ state }: { state: string }) => state === "up").length;
    }
    await test({ d: [first, second], p, port, log, ask: (options) => ask({ port, ...options }) });
    const { targets } = JSON.parse((await ask({ port, method: "GET", path: "/targets" })).text);
    expect(targets.map(({ slots }: { slots: { in_flight: number }[] }) => slots[0]?.in_flight)).toEqual([0, 0, 0]);
  } finally {
    await proxy.close(0);
    await Promise.all(engines.map((engine) => engine.stop()));
  }
}

const json =
  (status: number, text: string): Play =>
  (res) =>
    void res.writeHead(status, { "content-type": "application/json" }).end(text);
const FORM = "multipart/form-data; boundary=X";
const form = Buffer.concat([
  Buffer.from("--X\r\n\r\n"),
  Buffer.from([0, 0xff, 0x0d, 0x0a]),
  Buffer.from("\r\n--X--\r\n"),
]);
const AUDIO = { path: "/v1/audio/transcriptions?a=b", body: form, headers: { "content-type": FORM } };

it("a form with a file reaches one decode, byte for byte, and no prefill", () =>
  inRig(async ({ d, p, ask }) => {
    for (const engine of d) engine.play = json(200, '{"text":"hello",  "x":1.0}');
    const answer = await ask(AUDIO);
    expect(answer).toMatchObject({ status: 200, text: '{"text":"hello",  "x":1.0}' });
    expect([...d[0].came, ...d[1].came]).toEqual([
      { method: "POST", url: "/v1/audio/transcriptions?a=b", type: FORM, bytes: form },
    ]);
    expect(p.came).toEqual([]);
    const { text } = await ask({ method: "GET", path: "/metrics" });
    expect(text).toContain('{endpoint="/v1/audio/transcriptions",code="200",route="decode_only"} 1');
    expect((await ask({ ...AUDIO, path: "/v1/audio/speech" })).status).toBe(404);
  }));

it("a decode that refuses the connection gives way to another, one that had the form does not", () =>
  inRig(async ({ d, ask }) => {
    await d[0].stop();
    d[1].play = json(422, '{"error":"no speech"}');
    for (let nth = 0; nth < 2; nth++)
      expect(await ask(AUDIO)).toMatchObject({ status: 422, text: '{"error":"no speech"}' });
    d[1].play = (res) => void res.socket?.destroy();
    expect(await ask(AUDIO)).toMatchObject({ status: 502, headers: { "x-pdctl-error": "target.broke" } });
    expect(d[1].came).toHaveLength(3);
  }));

it("a client that leaves lets decode go of its form, and is no failure", () =>
  inRig(async ({ d, port, log, ask }) => {
    const arrived = new Promise<void>((resolve) => {
      for (const engine of d) engine.play = () => resolve();
    });
    const open = openAsk({ port, ...AUDIO });
    await arrived;
    open.leave();
    while (d[0].left + d[1].left === 0) await ask({ method: "GET", path: "/livez" });
    const { text } = await ask({ method: "GET", path: "/metrics" });
    expect(text).toContain('pdctl_proxy_aborts_total{stage="decode"} 1');
    expect(log.filter((line) => line.includes("failed"))).toEqual([]);
  }));

it("a stored response is read and cancelled at the decode that has it, whichever that is", () =>
  inRig(async ({ d, p, ask }) => {
    d[1].play = (res, { method, url }) =>
      json(200, `{"id":"resp_1","did":"${method} ${url}"}`)(res, d[1].came[0] as Came);
    for (const [method, path] of [
      ["GET", "/v1/responses/resp_1?stream=false"],
      ["POST", "/v1/responses/resp_1/cancel"],
    ] as const)
      expect(await ask({ method, path, body: "" })).toMatchObject({
        status: 200,
        text: `{"id":"resp_1","did":"${method} ${path}"}`,
        headers: { "x-pdctl-decode": d[1].url },
      });
    expect(p.came).toEqual([]);
    expect((await ask({ method: "DELETE", path: "/v1/responses/resp_1" })).status).toBe(405);
    expect((await ask({ method: "GET", path: "/v1/responses/a/b" })).status).toBe(404);
  }));

it("a response that no decode has is the engine's own 404, unless one could not be asked", () =>
  inRig(async ({ d, ask }) => {
    const gone = { method: "GET", path: "/v1/responses/resp_2" };
    expect(await ask(gone)).toMatchObject({ status: 404, text: '{"error":"unknown"}' });
    await d[0].stop();
    expect(await ask(gone)).toMatchObject({ status: 503, headers: { "x-pdctl-error": "target.unreachable" } });
  }));
