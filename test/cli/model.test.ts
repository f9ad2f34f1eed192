import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";

const config = {
  ...{ architectures: ["LlamaForCausalLM"], model_type: "llama", vocab_size: 512, num_hidden_layers: 2 },
  ...{ hidden_size: 96, intermediate_size: 256, num_attention_heads: 6, num_key_value_heads: 2 },
};
let home: string;
const topology = (path: string, tp: number) => `version: 1
name: here
model: { path: ${path} }
nodes: [{ name: here, host: local, hardware: cpu, devices: 8 }]
kv: { transfer: { connector: nixl } }
engine: { parallel: { tp: ${tp} } }
prefill: { nodes: [here], port: 8100 }
decode: { nodes: [here], port: 8200 }
proxy: { node: here, port: 8000 }
`;
const written = async (name: string, text: string) => {
  await writeFile(join(home, name), text);
  return name;
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-model-"));
  await mkdir(join(home, "model"));
  await writeFile(join(home, "model/config.json"), JSON.stringify(config));
  await mkdir(join(home, "broken"));
  await writeFile(join(home, "broken/config.json"), "{");
});
afterAll(() => rm(home, { recursive: true }));

describe("a model that this machine has is looked at before any SSH", () => {
  it.each(["validate", "plan"])("%s says that its heads cannot be shared, where tp is written", async (verb) => {
    const file = await written("four.yaml", topology("~/model", 4));
    const { exit, out, err } = await run([verb, file], { cwd: home, env: { HOME: home } });
    expect([exit, (out + err).split("\n")[0]]).toEqual([
      3,
      "✖ four.yaml:6:23  P14  prefill-0 has tp 4, which cannot share 6 attention heads",
    ]);
  });
  it("a tp that fits, a model that is not here and a config that cannot be read are no reason to speak", async () => {
    const cases = [topology(join(home, "model"), 3), topology("/no/such/model", 4), topology(join(home, "broken"), 4)];
    for (const [index, text] of cases.entries()) {
      const file = await written(`right-${index}.yaml`, text);
      expect((await run(["validate", file], { cwd: home, env: { HOME: home } })).exit).toBe(0);
    }
  });
});
