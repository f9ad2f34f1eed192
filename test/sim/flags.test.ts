import { describe, expect, it } from "vitest";
import { Fatal } from "../../src/sim/fatal.ts";
import { readFaults } from "../../src/sim/faults.ts";
import type { Log } from "../../src/sim/log.ts";
import { parseArgv } from "../../src/sim/start/argv.ts";
import { configOf } from "../../src/sim/start/config.ts";

const quiet: Log = { info: () => undefined, warning: () => undefined, error: () => undefined, plain: () => undefined };

function config(line: string, env: Record<string, string> = {}) {
  const argv = line.split(" ").filter((word) => word !== "");
  return configOf(parseArgv(argv), env, readFaults(env, []), quiet);
}

function refusal(line: string, env: Record<string, string> = {}): { exit: number; text: string } {
  try {
    config(line, env);
  } catch (error) {
    if (error instanceof Fatal) return { exit: error.exit, text: error.lines.join("\n") };
    throw error;
  }
  throw new Error(`accepted: ${line}`);
}

const kv = (fields: object) => `tiny --kv-transfer-config ${JSON.stringify(fields)}`;
const moe = { PDCTL_SIM_MODEL_KIND: "moe" };

describe("a command line that vLLM refuses is refused in a rehearsal too", () => {
  it.each([
    ["an unknown flag", "tiny --enable-warp-drive", 2, "vllm: error: unrecognized arguments: --enable-warp-drive"],
    [
      "a misspelt one, without a suggestion",
      "tiny --tensor-paralel-size 2",
      2,
      "unrecognized arguments: --tensor-paralel-size 2",
    ],
    ["a beginning of several names", "tiny --enable-p", 2, "ambiguous option: --enable-p could match --enable-p"],
    ["a short flag with its value in one word", "tiny -tp4", 2, "unrecognized arguments: -tp4"],
    ["a value behind what takes none", "tiny --disable-log-stats false", 2, "unrecognized arguments: false"],
    ["a fraction of a binary size", "tiny --max-model-len 1.5K", 2, "Did you mean to use 1.5k instead?"],
    ["a flag that is gone", "tiny --disable-log-requests", 2, "unrecognized arguments: --disable-log-requests"],
    ["swap space", "tiny --swap-space 16", 2, "unrecognized arguments: --swap-space 16"],
    ["two positionals", "tiny other", 2, "unrecognized arguments: other"],
    ["--model beside a positional", "tiny --model tiny", 2, "unrecognized arguments: tiny"],
    ["a flag without its value", "tiny --port", 2, "vllm serve: error: argument --port: expected one argument"],
    ["no number", "tiny --port http", 2, "argument --port: invalid int value: 'http'"],
    ["a port that does not exist", "tiny --port 70000", 1, "OverflowError: bind(): port must be 0-65535."],
    [
      "no such choice",
      "tiny --kv-cache-dtype fp7",
      2,
      "argument --kv-cache-dtype: invalid choice: 'fp7' (choose from 'auto', 'bfloat16'",
    ],
    [
      "quotes that the shell left in",
      'tiny --kv-transfer-config \'{"kv_connector":"NixlConnector"}\'',
      2,
      "Invalid JSON",
    ],
    [
      "JSON cut short",
      'tiny --kv-transfer-config {"kv_connector":"NixlConnector"',
      2,
      "Invalid JSON: EOF while parsing an object at line 1 column 31",
    ],
    [
      "an unknown kv field",
      kv({ kv_connector: "NixlConnector", kv_role: "kv_both", bogus_field: 1 }),
      2,
      "bogus_field\n  Unexpected keyword argument",
    ],
    [
      "a bad role",
      kv({ kv_connector: "NixlConnector", kv_role: "both" }),
      2,
      "Input should be 'kv_producer', 'kv_both' or 'kv_consumer'",
    ],
    ["no role", kv({ kv_connector: "NixlConnector" }), 2, "Please specify kv_role when kv_connector is set"],
    [
      "an unknown connector",
      kv({ kv_connector: "WarpConnector", kv_role: "kv_both" }),
      1,
      "Unsupported connector type: WarpConnector",
    ],
    [
      "Ascend's connector elsewhere",
      kv({ kv_connector: "MooncakeConnectorV1", kv_role: "kv_both" }),
      1,
      "Unsupported connector type: MooncakeConnectorV1",
    ],
    ["a model path that is not there", "/no/such/model", 1, "HFValidationError: Repo id must be in the form"],
    [
      "external and hybrid",
      "tiny -dp 4 -dpn 0 -dph -dpl 2",
      1,
      "Cannot use more than one data parallel load balancing mode",
    ],
    [
      "rank and start rank",
      "tiny -dp 4 -dpn 1 -dpr 1",
      1,
      "Cannot use more than one data parallel load balancing mode",
    ],
    [
      "hybrid and headless",
      "tiny -dp 4 -dph -dpl 2 --headless",
      1,
      "data_parallel_hybrid_lb is not applicable in headless mode",
    ],
    [
      "hybrid without a local size",
      "tiny -dp 4 -dph",
      1,
      "`--data-parallel-hybrid-lb` requires `--data-parallel-size-local`",
    ],
    [
      "external with two local ranks",
      "tiny -dp 4 -dpn 0 -dpl 2",
      1,
      "an external data-parallel rank requires `--data-parallel-size-local 1`; got 2.",
    ],
    [
      "more local ranks than ranks",
      "tiny -dp 2 -dpl 4",
      1,
      "data_parallel_size_local (4) must be <= data_parallel_size (2)",
    ],
    ["a rank outside the group", "tiny -dp 4 -dpn 4", 1, "data_parallel_rank (4) must be in the range [0, 4)"],
    [
      "headless with API servers",
      "tiny -dp 4 -dpl 2 -dpr 2 --headless --api-server-count 1",
      1,
      "--api-server-count=1 cannot be used with --headless",
    ],
    ["tp that dcp does not divide", "tiny -tp 4 -dcp 3", 1, "tp_size=4 must be divisible by dcp_size=3"],
    ["pcp with dp", "tiny -pcp 2 -dp 2", 1, "context parallelism"],
    [
      "a batch smaller than a prompt, unchunked",
      "tiny --max-model-len 17000 --max-num-batched-tokens 8000 --no-enable-chunked-prefill",
      1,
      "max_num_batched_tokens (8000) is smaller than max_model_len (17000)",
    ],
  ])("%s", (_, line, exit, says) => {
    expect(refusal(line, moe)).toEqual({ exit, text: expect.stringContaining(says) });
  });

  it("a dense model with an external load balancer", () => {
    const env = { PDCTL_SIM_MODEL_KIND: "dense" };
    expect(refusal("tiny -dp 2 -dpn 0", env).text).toContain(
      "Non-MoE models do not support external data parallel mode",
    );
  });

  it.each([
    ["CUDA_VISIBLE_DEVICES", "tiny -tp 4"],
    ["HIP_VISIBLE_DEVICES", "tiny -tp 2 -pp 2"],
    ["ASCEND_RT_VISIBLE_DEVICES", "tiny -tp 2 -dp 4 -dpl 2 -dph"],
    ["HABANA_VISIBLE_MODULES", "tiny -tp 4"],
  ])("more devices than %s shows", (variable, line) => {
    expect(refusal(line, { [variable]: "0,1,2", ...moe }).text).toContain(
      "World size (4) is larger than the number of available GPUs (3) in this node",
    );
    expect(config(line, { [variable]: "0,1,2,3", ...moe }).parallel.world).toBeGreaterThan(1);
  });
});

describe("a command line that vLLM takes is taken", () => {
  it("underscores, equal signs and short flags mean the same", () => {
    const wanted = { tp: 2, dp: 4, start: 1 };
    expect(
      config("tiny --tensor_parallel_size 2 --data-parallel-size=4 --data-parallel-rank=1", moe).parallel,
    ).toMatchObject(wanted);
    expect(config("tiny -tp 2 -dp=4 -dpn 1", moe).parallel).toMatchObject(wanted);
  });

  it("the beginning of a name is the name, where only one begins so", () => {
    expect(config("tiny --tensor-parallel 2", moe).parallel.tp).toBe(2);
    expect(parseArgv(["tiny", "--no-enable-expert"]).get("enable-expert-parallel")).toBe(false);
  });

  it("what a flag is called and takes is a matter of the release", () => {
    expect(parseArgv(["tiny", "--disable-expert-parallel"], "0.33.0").get("enable-expert-parallel")).toBe(false);
    expect(() => parseArgv(["tiny", "--disable-expert-parallel"], "0.32.0")).toThrow("unrecognized arguments");
    expect(parseArgv(["tiny", "--swap-space", "16"], "0.11.0").get("swap-space")).toBe(16);
    expect(parseArgv(["tiny", "--middleware", "a", "--middleware", "b"]).get("middleware")).toEqual(["a", "b"]);
  });

  it("numbers may be written 17k, and None is a quantization", () => {
    expect(config("tiny --max-model-len 17k --quantization None").maxModelLen).toBe(17_000);
    expect(config("tiny --max-model-len 16K").maxModelLen).toBe(16_384);
  });

  it("dotted keys replace the JSON of the whole flag, silently", () => {
    const args = parseArgv([
      "tiny",
      "--compilation_config.pass_config.fuse",
      "true",
      "--compilation-config",
      '{"cudagraph_mode":"FULL"}',
    ]);
    expect(args.get("compilation-config")).toEqual({ pass_config: { fuse: true } });
  });

  it("start-rank 0 turns hybrid load balancing on; with one local rank that becomes external", () => {
    expect(config("tiny -dp 4 -dpl 2 -dpr 0", moe).parallel).toMatchObject({ mode: "hybrid", start: 0, dpLocal: 2 });
    expect(config("tiny -dp 4 -dpl 1 -dpr 0", moe).parallel).toMatchObject({ mode: "external", start: 0 });
    expect(config("tiny -dp 4 -dpl 2 -dpr 2 --headless", moe).parallel).toMatchObject({
      mode: "internal",
      start: 2,
      headless: true,
    });
    expect(config("tiny -dp 4 -dpl 4 -dph", moe).parallel).toMatchObject({ mode: "internal", dpLocal: 4 });
  });

  it("block sizes differ by platform", () => {
    expect(config("tiny", { CUDA_VISIBLE_DEVICES: "0" }).blockSize).toBe(16);
    expect(config("tiny", { ASCEND_RT_VISIBLE_DEVICES: "0" }).blockSize).toBe(128);
    expect(config("tiny").blockSize).toBe(128);
  });

  it("a permutation written as the text True is a permutation", () => {
    expect(
      config(kv({ kv_connector: "NixlConnector", kv_role: "kv_both", enable_permute_local_kv: "True" })).kv?.permutes,
    ).toBe(true);
  });
});

describe("faults", () => {
  it("meant for one service or rank do not hit another", () => {
    const env = {
      PDCTL_RUN: "c/1/decode-0-1",
      PDCTL_SIM_FAULTS: '{"*":{"shards":2},"decode-0-1":{"dieExit":9},"rank:3":{"dieAfterMs":5}}',
    };
    expect(readFaults(env, [3])).toMatchObject({ shards: 2, dieExit: 9, dieAfterMs: 5 });
    expect(readFaults({ ...env, PDCTL_RUN: "c/1/decode-0-0" }, [2])).toMatchObject({
      shards: 2,
      dieExit: 1,
      dieAfterMs: -1,
    });
  });

  it("a knob that does not exist is an error, so that no test passes for want of its fault", () => {
    expect(() => readFaults({ PDCTL_SIM_FAULTS: '{"*":{"dieAfter":1}}' }, [])).toThrow("dieAfter");
    expect(() => readFaults({ PDCTL_SIM_LOAD_SECONDS: "soon" }, [])).toThrow("PDCTL_SIM_LOAD_SECONDS");
  });
});
