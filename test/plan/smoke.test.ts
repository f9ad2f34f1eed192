import { expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { topologyOf } from "./topologies.ts";

const words = (...set: readonly string[]) => plan(topologyOf("local-vllm-cpu", ...set)).plan.smoke.promptWords;

it("the trial's prompt is as long as was asked for, but holds several blocks", () => {
  expect(words()).toBe(600);
  expect(words("smoke.prompt_words=1000")).toBe(1000);
  expect(words("smoke.prompt_words=1")).toBe(512);
  expect(words("engine.args.block-size=256")).toBe(1024);
});

it("the trial's prompt fits into the shortest context that is written, whatever the tokenizer makes of it", () => {
  expect(words("decode.args.max-model-len=1024")).toBe(144); // 7 tokens for each word, 16 for the answer
  expect(words("decode.args.max-model-len=16")).toBe(1);
  expect(words("engine.args.max-model-len=auto")).toBe(600);
});
