import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Engine, engines, freePorts, promptOf } from "./engines.ts";

const host = engines();

function store(pipeline = "Cache|Posix") {
  const backend = join(host.directory, `store-${Math.random()}`);
  mkdirSync(backend);
  const file = `${backend}.yaml`;
  writeFileSync(
    file,
    `ucm_connectors:\n  - ucm_connector_name: UcmPipelineStore\n    ucm_connector_config:\n      store_pipeline: "${pipeline}"\n      storage_backends: "${backend}"\n`,
  );
  const blocks = () =>
    readdirSync(backend, { recursive: true, encoding: "utf8" })
      .filter((name) => /[0-9a-f]{32}$/.test(name))
      .map((name) => join(backend, name));
  return { file, blocks };
}

async function engine(
  file: string,
  { args = "", env = {} }: { args?: string; env?: Record<string, string> } = {},
): Promise<Engine> {
  const kv = {
    kv_connector: "UCMConnector",
    kv_role: "kv_both",
    kv_connector_module_path: "ucm.integration.vllm.ucm_connector",
    kv_connector_extra_config: { UCM_CONFIG_FILE: file },
  };
  const words = `model --host 127.0.0.1 --port ${await freePorts(1)} --block-size 128 --served-model-name m ${args}`
    .trim()
    .split(" ");
  return host.start([...words, "--kv-transfer-config", JSON.stringify(kv)], {
    CUDA_VISIBLE_DEVICES: "0",
    PYTHONHASHSEED: "123456",
    ...env,
  });
}

async function pair(second: Parameters<typeof engine>[1] = {}, pipeline?: string) {
  const { file, blocks } = store(pipeline);
  const [p, d] = await Promise.all([engine(file), engine(file, second)]);
  await Promise.all([p.ready(), d.ready()]);
  return { p, d, blocks };
}

const external = (d: Engine) => d.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer");

describe("P and D that share a store", () => {
  it("decode reads what prefill wrote: whole blocks, and says how many", async () => {
    const { p, d, blocks } = await pair();
    const prompt = promptOf(600);
    await p.complete({ prompt, max_tokens: 1 });
    expect(blocks()).toHaveLength(4);
    const answer = await d.complete({ prompt });
    expect(await external(d)).toBe(512);
    expect(await d.metric("vllm:external_prefix_cache_hits_total")).toBe(512);
    expect(d.output).toContain("total_blocks_num: 4, hit hbm: 0, hit external: 4");
    expect(answer.json.choices[0].text).toBe((await d.complete({ prompt, cache_salt: "own" })).json.choices[0].text);
  });

  it("a block that was changed on the disk changes the answer", async () => {
    const { p, d, blocks } = await pair();
    const prompt = promptOf(300);
    const right = (await p.complete({ prompt })).json.choices[0].text;
    const [first = ""] = blocks();
    const bytes = readFileSync(first);
    bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7);
    writeFileSync(first, bytes);
    expect((await d.complete({ prompt })).json.choices[0].text).not.toBe(right);
  });

  it("a prompt below one block proves nothing", async () => {
    const { p, d, blocks } = await pair();
    await p.complete({ prompt: "What date is today?", max_tokens: 1 });
    await d.complete({ prompt: "What date is today?" });
    expect(blocks()).toEqual([]);
    expect(await external(d)).toBe(0);
  });

  it.each([
    ["another hash seed", { env: { PYTHONHASHSEED: "1" } }],
    ["another dtype", { args: "--dtype float16" }],
    ["another tensor parallel size", { args: "-tp 2", env: { CUDA_VISIBLE_DEVICES: "0,1" } }],
    ["another platform's name changes nothing", { env: { CUDA_VISIBLE_DEVICES: "", ASCEND_RT_VISIBLE_DEVICES: "0" } }],
  ])("decode with %s", async (what, second) => {
    const { p, d } = await pair(second);
    const prompt = promptOf(300);
    const answer = await p.complete({ prompt });
    expect((await d.complete({ prompt })).json.choices[0].text).toBe(answer.json.choices[0].text);
    expect(await external(d)).toBe(what.includes("nothing") ? 256 : 0);
  });

  it("a pipeline that keeps nothing shares nothing", async () => {
    const { p, d, blocks } = await pair({}, "Cache|Empty");
    await p.complete({ prompt: promptOf(300), max_tokens: 1 });
    await d.complete({ prompt: promptOf(300) });
    expect(blocks()).toEqual([]);
    expect(await external(d)).toBe(0);
  });
});

describe("a store that cannot be", () => {
  it.each([
    ["a config file that is missing", "/no/such/ucm.yaml", {}, "no storage connector name in config"],
    [
      "a platform without UCM",
      store().file,
      { env: { CUDA_VISIBLE_DEVICES: "", PDCTL_SIM_HARDWARE: "cpu" } },
      "Unsupported device platform for UCMDirectConnector.",
    ],
  ])("%s ends the engine", async (_, file, second, says) => {
    const one = await engine(file, second);
    expect(await one.exit).toMatchObject({ code: 1 });
    expect(one.output).toContain(says);
  });
});
