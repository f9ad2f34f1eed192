import { describe, expect, it } from "vitest";
import { causes, causesOf, type Death, diagnose, firstError, progressOf } from "../../src/diagnose/index.ts";

const death = (
  service: string,
  atMs: number | null,
  log: readonly string[] = [],
  rest: Partial<Death> = {},
): Death => ({
  service,
  group: service.replace(/-\d+$/, ""),
  exit: 1,
  signal: null,
  atMs,
  log,
  ...rest,
});

describe("the first cause among many deaths", () => {
  it("is the earliest, whatever order the news came in", () => {
    const found = diagnose([death("decode-0-1", 2_000), death("decode-0-0", 1_500)], causes);
    expect(found?.first.service).toBe("decode-0-0");
    expect(found?.followers.map(({ service }) => service)).toEqual(["decode-0-1"]);
  });

  it("is not the rank that only lost its peer, even when that one was seen to die first", () => {
    const lostPeer = "RuntimeError: Did not receive response from front-end process within 5 minutes";
    const outOfMemory = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.31 GiB";
    const follower = causes.find(({ pattern }) => pattern.test(lostPeer));
    const found = diagnose(
      [death("prefill-0-1", 900, [lostPeer]), death("prefill-0-0", 1_000, ["INFO fine", outOfMemory])],
      causes,
    );
    if (follower?.follows === true) expect(found?.first.service).toBe("prefill-0-0");
    expect(diagnose([death("prefill-0-0", 1_000, ["INFO fine", outOfMemory])], causes)).toMatchObject({
      cause: { id: expect.stringContaining("memory") },
      why: [outOfMemory],
    });
  });

  it("keeps the causes of those that died beside it", () => {
    const full = "OSError: [Errno 98] Address already in use";
    const memory = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.31 GiB";
    const found = diagnose([death("decode-0-0", 1_000, [full]), death("prefill-0-0", 1_100, [memory])], causes);
    expect(found?.first.service).toBe("decode-0-0");
    expect(found?.followers[0]?.cause?.id).toContain("memory");
  });

  it("shows the machine's own words where no cause is known", () => {
    const log = ["INFO start", "ERROR frobnicator: out of cheese", "  at line 3"];
    expect(diagnose([death("prefill-0-0", 1, log)], [])).toMatchObject({ cause: undefined, why: log.slice(1) });
  });

  it("shows the exception, not the traceback above it, whichever process writes in between", () => {
    const core = (text: string) => `(EngineCore pid=97) ERROR 11-20 12:55:11 [core.py:1512] ${text}`;
    const log = [
      core("NIXL transfer failure: handshake_failed"), // of one request, hours ago
      core("EngineCore encountered a fatal error."),
      core("Traceback (most recent call last):"),
      core('  File "/opt/vllm/v1/engine/core.py", line 1496, in run_engine_core'),
      "(APIServer pid=94) ERROR 11-20 12:55:11 [async_llm.py:906] AsyncLLM output_handler failed.",
      core("    raise ValueError("),
      core("TypeError: 'int' object is not iterable"),
      "(EngineCore pid=97) INFO 11-20 12:55:11 [core.py:1530] leaving",
    ];
    expect(diagnose([death("decode-0-0", 1, log, { exit: 0 })], causes)).toMatchObject({
      cause: { id: "engine-core" },
      why: ["TypeError: 'int' object is not iterable"],
    });
    expect(diagnose([death("decode-0-0", 1, log)], [])?.why).toEqual(["TypeError: 'int' object is not iterable"]);
    const plain = [
      "Traceback (most recent call last):",
      '  File "a.py", line 1',
      "    raise KeyError(x)",
      "KeyError: 'x'",
    ];
    expect(diagnose([death("decode-0-0", 1, plain)], [])?.why).toEqual(["KeyError: 'x'"]);
  });

  it("shows the error itself, not the line of code that raised it", () => {
    const raised = "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder";
    const log = [
      "Traceback (most recent call last):",
      '  File "a.py", line 9',
      "    raise LocalEntryNotFoundError(",
      raised,
    ];
    expect(diagnose([death("decode-0-0", 1, log)], causes)).toMatchObject({
      cause: { id: "model-missing" },
      why: [raised],
    });
  });

  it("takes no cause from what an engine merely warns of", () => {
    const warning =
      "(APIServer pid=9) WARNING 11-20 12:48:46 [x.py:1] could not cache: [Errno 28] No space left on device";
    const error = "(EngineCore pid=97) ERROR 11-20 12:55:11 [core.py:1512] ZeroDivisionError: division by zero";
    expect(diagnose([death("decode-0-0", 1, [warning, error])], causes)).toMatchObject({
      cause: undefined,
      why: ["ZeroDivisionError: division by zero"],
    });
  });

  it("is the signal, of what was killed, and not an error of a request that it had logged hours ago", () => {
    const request = "(EngineCore pid=9) ERROR 11-20 12:48:12 [nixl.py:1] NIXL_ERR_REMOTE_DISCONNECT";
    const shell = "/opt/pdctl/wrap.sh: line 41: 4711 Killed exec vllm serve";
    const after = "(EngineCore pid=9) INFO 11-20 13:48:12 [nixl.py:1] heartbeat";
    const killed = { exit: 137, signal: "KILL" };
    expect(diagnose([death("decode-0-0", 1, [request, shell, after], killed)], causes)).toMatchObject({
      cause: { id: "killed" },
      why: [shell],
    });
    expect(diagnose([death("decode-0-0", 1, [request], killed)], causes)).toMatchObject({ cause: undefined, why: [] });
  });

  it("says nothing that the log does not say", () => {
    expect(diagnose([death("prefill-0-0", null, [], { exit: null })], causes)).toMatchObject({
      cause: undefined,
      why: [],
    });
    expect(diagnose([], causes)).toBeUndefined();
  });
});

describe("the first error line", () => {
  it("is the root cause, not the line that points to it", () => {
    const lines = [
      "INFO x",
      "Traceback (most recent call last):",
      '  File "a.py", line 1',
      "ValueError: bad",
      "RuntimeError: Engine core initialization failed. See root cause above.",
    ];
    expect(firstError(lines)[0]).toBe("ValueError: bad");
  });

  it("is found behind the name that vLLM gives to each of its processes", () => {
    const error = "(EngineCore pid=89) ERROR 11-20 12:48:12 [kv_connector.py] NIXL transfer failure: handshake_failed";
    expect(firstError(["(APIServer pid=89) INFO all is well", error])).toEqual([error]);
  });

  it("is no warning of vLLM, even if that names an error", () => {
    const warning =
      "(APIServer pid=9) WARNING 11-20 12:48:46 [system_utils.py:255] Found ulimit of 20000. This can cause errors like `OSError: [Errno 24] Too many open files`.";
    const error = "(EngineCore pid=89) ERROR 11-20 12:48:12 [core.py:1512] AssertionError";
    expect(firstError([warning, error])).toEqual([error]);
    expect(firstError([warning])).toEqual([]);
  });

  it("is found in a shell's words too", () => {
    expect(firstError(["bash: line 1: vllm: command not found"])).toHaveLength(1);
    expect(firstError(["INFO all is well"])).toEqual([]);
  });
});

it("how far a loading engine is comes from its own log", () => {
  expect(progressOf("Loading safetensors checkpoint shards:  26% Completed | 12/46 [00:10<00:20]")).toBe(
    "12 of 46 shards",
  );
  const core = "(EngineCore pid=97) INFO 11-20 12:49:12";
  expect(progressOf(`${core} [model.py:733] Resolved architecture: Qwen3ForCausalLM`)).toBe(
    "model is Qwen3ForCausalLM",
  );
  expect(progressOf(`${core} [cpu_model_runner.py:68] Starting to load model /models/qwen...`)).toBe("loading weights");
  expect(progressOf(`${core} [kv_cache_utils.py:2327] CPU KV cache size: 2,097,152 tokens, Maximum concurrency`)).toBe(
    "KV cache of 2,097,152 tokens",
  );
  expect(progressOf(`${core} [core.py:402] init engine (profile, create kv cache, warmup model) took 12.77 s`)).toBe(
    "engine initialised in 12.77 s",
  );
  expect(progressOf("INFO nothing of the kind")).toBeUndefined();
});

it("a connector that is not at work is not blamed: a NIXL port that is taken is no Mooncake port", () => {
  const line = "zmq.error.ZMQError: Address already in use (addr='tcp://10.0.0.1:5600')";
  const [nixl, mooncake] = [
    ["cuda", "nixl"],
    ["ascend", "mooncake-ascend"],
  ].map((parts) => diagnose([death("prefill-0-0", 1, [line])], causesOf(parts))?.cause);
  expect(nixl).toBeDefined();
  expect(nixl?.remedy.join(" ")).not.toMatch(/kv_port/);
  expect(mooncake?.remedy.join(" ")).toMatch(/kv_port/);
});
