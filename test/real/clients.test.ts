import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differences } from "../clients/difference.ts";
import { npmCalls } from "../clients/npm.ts";
import { type Cluster, cluster } from "./cluster.ts";
import { engineNow } from "./gauges.ts";
import { places } from "./peers.ts";
import { lacking, titled } from "./place.ts";

const exec = promisify(execFile);
const python = join(places.clients, "bin/python");
const noClients =
  lacking ?? (existsSync(join(places.clients, "pdctl-made")) ? undefined : "scripts/peers/install.sh clients");

/** Tools are on, and NIXL's progress threads do not take the cores that the engines need. */
const settings = [
  "engine.args.enable-auto-tool-choice=true",
  "engine.args.tool-call-parser=hermes",
  `engine.env.PYTHONPATH=${join(import.meta.dirname, "plugins/calm-nixl")}`,
].flatMap((set) => ["--set", set]);

type Answers = Readonly<Record<string, unknown>>;
const ofPython = async (url: string): Promise<Answers> =>
  JSON.parse(
    (await exec(python, [join(import.meta.dirname, "../clients/python.py"), url], { maxBuffer: 1 << 26 })).stdout,
  );

/** curl's own exit code is 0, or this throws. */
const curl = async (...words: readonly string[]): Promise<string> =>
  (await exec("curl", ["-sS", "-m", "120", ...words])).stdout;

describe.skipIf(lacking !== undefined)(titled("real engines behind the proxy"), { timeout: 300_000 }, () => {
  let real: Cluster;
  beforeAll(async () => {
    real = cluster("clients", 27_400);
    const up = await real.pdctl("up", "--require-evidence", "--timeout", "9m", ...settings);
    expect(up.exit, up.lines.join("\n")).toBe(0);
  }, 600_000);
  afterAll(async () => {
    const down = await real.pdctl("down", "--discard-logs", ...settings);
    const left = await real.leftovers();
    await real[Symbol.asyncDispose]();
    expect([down.exit, left], down.lines.join("\n")).toEqual([0, []]);
  }, 120_000);

  /** Both see the same question; decode's own answer is computed by itself or out of its cache, which is the same text. */
  async function sameAsDecode(ask: (url: string) => Promise<Answers>): Promise<Answers> {
    const before = await engineNow(real.decode);
    const through = await ask(real.proxy);
    const after = await engineNow(real.decode);
    expect(after.pulled).toBeGreaterThan(before.pulled);
    expect(differences(through, await ask(real.decode))).toEqual({});
    expect(after.failedTransfers).toBe(0);
    return through;
  }

  it("give the openai package for node what decode gives it", async () => {
    const answers = await sameAsDecode(npmCalls);
    expect(answers).toMatchObject({
      "completion, n": { choices: [{ index: 0 }, { index: 1 }] },
      "chat, stream with usage": { usage: { completion_tokens: 8 } },
      "another model": { error: "NotFoundError", status: 404 },
      "a prompt that is too long": { error: "BadRequestError", status: 400 },
      response: { object: "response", status: "incomplete" },
      "a stream that the client leaves": "text_completion",
    });
  });

  it.skipIf(noClients !== undefined)(
    titled("give openai for Python and LangChain what decode gives them", noClients),
    async () => {
      const answers = await sameAsDecode(ofPython);
      expect(answers).toMatchObject({
        "another model": { error: "NotFoundError", status: 404 },
        "langchain, chat": { text: expect.any(String) },
        "a stream that the client leaves": "text_completion",
      });
    },
  );

  it("give curl what decode gives it: whole, as a stream, for a model that is none", async () => {
    const prompt = `${randomUUID()} curl asks, and reads it as it comes`;
    const body = { model: "tiny", prompt, max_tokens: 8, temperature: 0, ignore_eos: true };
    const post = (url: string, more: object = {}) =>
      curl(`${url}/v1/completions`, "-H", "content-type: application/json", "-d", JSON.stringify({ ...body, ...more }));
    const through = async (url: string) => ({
      whole: JSON.parse(await post(url)),
      stream: (await post(url, { stream: true }))
        .split("\n")
        .flatMap((line) => (line.startsWith("data: {") ? JSON.parse(line.slice(6)).choices[0].text : []))
        .join(""),
      none: JSON.parse(await post(url, { model: "none" })),
      models: JSON.parse(await curl(`${url}/v1/models`)).data[0].id,
    });
    const answers = await sameAsDecode(through);
    expect(answers).toMatchObject({ models: "tiny", none: { error: { code: 404 } } });
    expect(await post(real.proxy, { stream: true })).toMatch(/\ndata: \[DONE\]\n/);
  });

  it("serve vllm bench serve: 200 requests, none fails, and KV moves for each of them", async () => {
    const flags = {
      "dataset-name": "random",
      "random-input-len": 128,
      "random-output-len": 16,
      "num-prompts": 200,
      "max-concurrency": 8,
      "ignore-eos": true,
    };
    const args = Object.entries(flags).flatMap(([name, value]) => ["--set", `bench.args.${name}=${value}`]);
    const before = await engineNow(real.decode);
    const bench = await real.pdctl("bench", "--json", ...settings, ...args);
    expect(bench.exit, bench.lines.slice(-40).join("\n")).toBe(0);
    const { result, table, ...measured } = JSON.parse(bench.out).bench;
    process.stdout.write(`${JSON.stringify({ bench: "vllm bench serve", ...measured })}\n`);
    expect(measured).toMatchObject({
      requests: 200,
      completed: 200,
      kv: { computed: 0, transfers: 200, wrong: [] },
      proxy: { alone: 0, missing_kv: 0, retries: 0 },
    });
    expect(measured.kv.from_prefill + measured.kv.cached).toBe(measured.kv.prompt_tokens);
    const after = await engineNow(real.decode);
    expect(after.bytes - before.bytes).toBe(measured.kv.bytes);
    expect([result.failed, result.total_output_tokens, table.length > 10]).toEqual([0, 3_200, true]);
  });
});
