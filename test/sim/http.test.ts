import { beforeAll, describe, expect, it } from "vitest";
import { type Engine, engines, eventually, freePorts, promptOf } from "./engines.ts";

const host = engines();
const serve = async (args = "", env: Record<string, string> = {}): Promise<Engine> =>
  host.start(
    `tiny --host 127.0.0.1 --port ${await freePorts(1)} --served-model-name m tiny-alias ${args}`.trim().split(" "),
    env,
  );

describe("requests that vLLM refuses are refused with its words", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await (await serve("--max-model-len 100")).ready();
  });

  it.each([
    [
      "no such model",
      { model: "other", prompt: "x" },
      404,
      "The model `other` does not exist. Valid aliases: m, tiny-alias.",
      "NotFoundError",
    ],
    [
      "no token to be generated",
      { prompt: "x", max_tokens: 0 },
      400,
      "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)",
      "BadRequestError",
    ],
    [
      "more at least than at most",
      { prompt: "x", max_tokens: 1, min_tokens: 5 },
      400,
      "min_tokens must be less than or equal to max_tokens=1, got 5.",
      "BadRequestError",
    ],
    [
      "stream_options without a stream",
      { prompt: "x", stream_options: { include_usage: true } },
      400,
      "Stream options can only be defined when `stream=True`. (parameter=stream_options)",
      "BadRequestError",
    ],
    [
      "a prompt longer than the context",
      { prompt: promptOf(101) },
      400,
      "However, your prompt contains at least 101 input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt. (parameter=input_tokens, value=101)",
      "BadRequestError",
    ],
    [
      "more tokens than the context holds",
      { prompt: "x", max_tokens: 101 },
      400,
      "max_tokens=101 cannot be greater than max_model_len=100. Please request fewer output tokens. (parameter=max_tokens, value=101)",
      "BadRequestError",
    ],
    [
      "an empty prompt",
      { prompt: "" },
      400,
      "Either prompt or prompt_embeds must be provided and non-empty. (parameter=prompt)",
      "BadRequestError",
    ],
    [
      "an empty cache_salt",
      { prompt: "x", cache_salt: "" },
      400,
      "Parameter 'cache_salt' must be a non-empty string if provided. (parameter=cache_salt)",
      "BadRequestError",
    ],
    [
      "a word where a number belongs",
      { prompt: "x", max_tokens: "many" },
      400,
      "1 validation error:\n  {'type': 'int_parsing', 'loc': 'body.max_tokens', 'msg': 'Input should be a valid integer, unable to parse string as an integer', 'input': 'many'}",
      "Bad Request",
    ],
    ["an empty stop text", { prompt: "x", stop: [""] }, 400, "stop cannot contain an empty string.", "BadRequestError"],
  ])("%s", async (_, body, status, says, type) => {
    const answer = await engine.complete(body);
    expect(answer.status).toBe(status);
    expect(answer.json.error).toMatchObject({ message: expect.stringContaining(says), type, code: status });
  });

  it("text that is no JSON is a 400, a key given twice counts the second time", async () => {
    expect((await engine.post("/v1/completions", "{")).status).toBe(400);
    const twice = await engine.post("/v1/completions", '{"model":"m","prompt":"x","max_tokens":3,"max_tokens":2}');
    expect(twice.json.usage.completion_tokens).toBe(2);
  });

  it("an unknown path is a 404, a wrong method a 405", async () => {
    expect(await engine.get("/v1/nothing")).toMatchObject({ status: 404, json: { detail: "Not Found" } });
    expect(await engine.get("/v1/completions")).toMatchObject({ status: 405, json: { detail: "Method Not Allowed" } });
  });

  it("what the context has left is generated, however much more is asked for", async () => {
    const answer = await engine.complete({ prompt: promptOf(95), max_tokens: 20, ignore_eos: true });
    expect(answer.json.usage).toMatchObject({ prompt_tokens: 95, completion_tokens: 5 });
  });

  it("/health and /ping are empty, /v1/models lists every served name, /version is vLLM's", async () => {
    for (const path of ["/health", "/ping"]) expect(await engine.get(path)).toMatchObject({ status: 200, text: "" });
    const { data } = (await engine.get("/v1/models")).json;
    expect(data.map(({ id }: { id: string }) => id)).toEqual(["m", "tiny-alias"]);
    expect(data[0]).toMatchObject({ root: "tiny", max_model_len: 100, owned_by: "vllm" });
    expect((await engine.get("/version")).json).toEqual({ version: "0.32.0" });
  });
});

describe("answers", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await (await serve("--enable-prompt-tokens-details --enable-request-id-headers --block-size 16")).ready();
  });
  const events = (text: string) =>
    text
      .split("\n\n")
      .filter((event) => event !== "")
      .map((event) => event.replace(/^data: /, ""));

  it("a word is a token; the text depends on the prompt and on nothing else", async () => {
    const answer = await engine.complete({ prompt: promptOf(600), temperature: 1, seed: 7 });
    expect(answer.json.usage).toMatchObject({ prompt_tokens: 600, completion_tokens: 8, total_tokens: 608 });
    expect((await engine.complete({ prompt: promptOf(600) })).json.choices[0].text).toBe(answer.json.choices[0].text);
    expect((await engine.complete({ prompt: promptOf(600, "q") })).json.choices[0].text).not.toBe(
      answer.json.choices[0].text,
    );
  });

  it("a longer answer begins like a shorter one, also from the cache", async () => {
    const short = (await engine.complete({ prompt: "once upon", max_tokens: 1 })).json.choices[0].text;
    const long = (await engine.complete({ prompt: "once upon", max_tokens: 5 })).json.choices[0].text;
    expect(long.startsWith(short)).toBe(true);
  });

  it("cached tokens are told, and kept apart by cache_salt", async () => {
    const prompt = promptOf(40, "cached");
    const cached = async (body: object) =>
      (await engine.complete({ prompt, ...body })).json.usage.prompt_tokens_details?.cached_tokens ?? 0;
    expect([
      await cached({}),
      await cached({}),
      await cached({ cache_salt: "a" }),
      await cached({ cache_salt: "a" }),
    ]).toEqual([0, 32, 0, 32]);
  });

  it("streams the same words, one event each, the reason in the last, then [DONE]", async () => {
    const whole = (await engine.complete({ prompt: "tell me", max_tokens: 4 })).json.choices[0].text;
    const { text, headers } = await engine.complete({
      prompt: "tell me",
      max_tokens: 4,
      stream: true,
      stream_options: { include_usage: true },
    });
    const parts = events(text);
    expect(headers.get("content-type")).toContain("text/event-stream");
    expect(parts.at(-1)).toBe("[DONE]");
    const chunks = parts.slice(0, -1).map((part) => JSON.parse(part));
    expect(
      chunks
        .slice(0, 4)
        .map(({ choices }) => choices[0].text)
        .join(""),
    ).toBe(whole);
    expect(chunks.slice(0, 4).map(({ choices }) => choices[0].finish_reason)).toEqual([null, null, null, "length"]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 2, completion_tokens: 4 } });
    expect(chunks).toHaveLength(5);
  });

  it("a stream without include_usage has no usage", async () => {
    const { text } = await engine.complete({ prompt: "tell me", max_tokens: 2, stream: true });
    expect(text).not.toContain("usage");
  });

  it("chat: the role first, the same words as without a stream, and max_completion_tokens wins", async () => {
    const body = {
      model: "m",
      messages: [{ role: "user", content: "hello you" }],
      max_tokens: 9,
      max_completion_tokens: 3,
    };
    const whole = (await engine.post("/v1/chat/completions", body, { "x-request-id": "mine" })).json;
    expect(whole).toMatchObject({
      id: "chatcmpl-mine",
      object: "chat.completion",
      usage: { prompt_tokens: 4, completion_tokens: 3 },
    });
    const { text, headers } = await engine.post(
      "/v1/chat/completions",
      { ...body, stream: true },
      { "x-request-id": "mine" },
    );
    expect(headers.get("x-request-id")).toBe("mine");
    const chunks = events(text)
      .slice(0, -1)
      .map((part) => JSON.parse(part));
    expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content: "" });
    expect(chunks.map(({ choices }) => choices[0].delta.content).join("")).toBe(whole.choices[0].message.content);
  });

  it("an answer ends by itself, unless end-of-text is ignored", async () => {
    const free = (await engine.complete({ prompt: "go on", max_tokens: 200 })).json;
    expect(free.choices[0].finish_reason).toBe("stop");
    expect(free.usage.completion_tokens).toBeGreaterThan(40);
    expect(
      (await engine.complete({ prompt: "go on", max_tokens: 200, ignore_eos: true })).json.usage.completion_tokens,
    ).toBe(200);
  });

  it("a stop word ends it, but not below min_tokens", async () => {
    const words = (await engine.complete({ prompt: "stop where", max_tokens: 4 })).json.choices[0].text
      .trim()
      .split(" ");
    const stopped = (await engine.complete({ prompt: "stop where", stop: [words[1]] })).json;
    expect(stopped.choices[0]).toMatchObject({ text: ` ${words[0]} `, finish_reason: "stop", stop_reason: words[1] });
    expect(
      (await engine.complete({ prompt: "stop where", stop: [words[1]], max_tokens: 4, min_tokens: 4 })).json.choices[0]
        .finish_reason,
    ).toBe("length");
  });

  it("several prompts and copies are several choices; token ids are a prompt too", async () => {
    const several = (await engine.complete({ prompt: ["a b", "c"], n: 2 })).json;
    expect(several.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3]);
    expect(several.choices[0].text).toBe(several.choices[1].text);
    expect(several.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 32 });
    expect((await engine.complete({ prompt: [1, 2, 3] })).json.usage.prompt_tokens).toBe(3);
  });
});

it("with prefix caching off nothing is remembered", async () => {
  const engine = await (await serve("--no-enable-prefix-caching --block-size 16")).ready();
  const texts = [1, 2].map(async () => (await engine.complete({ prompt: promptOf(40) })).json.choices[0].text);
  expect(new Set(await Promise.all(texts)).size).toBe(1);
  expect(await engine.metric("vllm:prefix_cache_hits_total")).toBe(0);
  expect(await engine.metric("vllm:prompt_tokens_by_source_total", "local_compute")).toBe(80);
});

describe("a client that leaves", () => {
  it("frees the engine, running and waiting", async () => {
    const engine = await (await serve("--max-num-seqs 1", { PDCTL_SIM_MS_PER_TOKEN: "20" })).ready();
    const leave = new AbortController();
    const long = { model: "m", prompt: "x", max_tokens: 1000, ignore_eos: true, stream: true };
    const asked = [1, 2].map(() => engine.post("/v1/completions", long, {}, leave.signal));
    await eventually(async () => (await engine.metric("vllm:num_requests_waiting")) === 1, "one runs, one waits");
    expect(await engine.metric("vllm:num_requests_running")).toBe(1);
    leave.abort();
    await Promise.all(asked.map((one) => expect(one).rejects.toThrow()));
    await eventually(
      async () =>
        (await engine.metric("vllm:num_requests_running")) + (await engine.metric("vllm:num_requests_waiting")) === 0,
      "both are gone",
    );
    expect(await engine.metric("vllm:kv_cache_usage_perc")).toBe(0);
  });

  it("sees the first word before the second exists", async () => {
    const engine = await (await serve("", { PDCTL_SIM_MS_PER_TOKEN: "1000" })).ready();
    const response = await fetch(`${engine.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", prompt: "x", max_tokens: 3, stream: true }),
    });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value).match(/data:/g)).toHaveLength(1);
    expect(await engine.metric("vllm:generation_tokens_total")).toBe(1);
    await reader?.cancel();
  });
});

describe("faults of a request", () => {
  it("a stream that breaks off has no [DONE]", async () => {
    const engine = await (await serve("", { PDCTL_SIM_CUT_AFTER_TOKENS: "2" })).ready();
    await expect(engine.complete({ prompt: "x", stream: true })).rejects.toThrow();
  });

  it("an engine that answers every request with 500 is healthy all the same", async () => {
    const engine = await (await serve("", { PDCTL_SIM_FAIL_STATUS: "500" })).ready();
    expect((await engine.complete({ prompt: "x" })).status).toBe(500);
    expect((await engine.get("/health")).status).toBe(200);
  });
});

it("with an API key, /v1 asks for it and /health does not", async () => {
  const engine = await (await serve("", { VLLM_API_KEY: "secret" })).ready();
  expect((await engine.complete({ prompt: "x" })).status).toBe(401);
  expect((await engine.complete({ prompt: "x" }, { authorization: "Bearer None" })).status).toBe(401);
  expect((await engine.complete({ prompt: "x" }, { authorization: "Bearer secret" })).status).toBe(200);
  expect((await engine.get("/health")).status).toBe(200);
});
