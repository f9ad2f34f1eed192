import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { engines, freePorts, promptOf } from "./engines.ts";

const host = engines();

async function pair() {
  const directory = join(host.directory, `files-${Math.random()}`);
  mkdirSync(directory);
  const kv = {
    kv_connector: "ExampleConnector",
    kv_role: "kv_both",
    kv_connector_extra_config: { shared_storage_path: directory },
  };
  const engine = async () =>
    host.start(
      [
        ..."model --host 127.0.0.1 --block-size 128 --served-model-name m --port".split(" "),
        String(await freePorts(1)),
        ...["--kv-transfer-config", JSON.stringify(kv)],
      ],
      { CUDA_VISIBLE_DEVICES: "0" },
    );
  const [p, d] = await Promise.all([engine(), engine()]);
  await Promise.all([p.ready(), d.ready()]);
  return { p, d, folders: () => readdirSync(directory) };
}

it("decode reads from a file what prefill wrote, and answers as if it had computed it", async () => {
  const { p, d, folders } = await pair();
  const prompt = promptOf(600);
  const right = (await p.complete({ prompt })).json.choices[0].text;
  expect(folders()).toHaveLength(1);
  expect((await d.complete({ prompt })).json.choices[0].text).toBe(right);
  expect(await d.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer")).toBe(512);
  expect(d.output).toContain("Inject KV cache of 512 tokens");
});

it("a prompt that nobody had is computed, and kept for the next", async () => {
  const { p, d, folders } = await pair();
  await p.complete({ prompt: promptOf(600) });
  await d.complete({ prompt: `${promptOf(600)} and more of it` });
  expect(await d.metric("vllm:prompt_tokens_by_source_total", "local_compute")).toBeGreaterThan(0);
  expect(folders().length).toBeGreaterThan(0);
});
