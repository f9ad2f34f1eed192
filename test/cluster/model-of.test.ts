import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { modelOf } from "../../src/cluster/check/model-of.ts";
import { readFacts } from "../../src/facts/index.ts";

const config = readFileSync(new URL("../topology/rules/P14/six.model.json", import.meta.url), "utf8");
const said = (text: string) => readFacts("n0", `${text}\nend ok\n`, { sentMs: 0, gotMs: 0 }) ?? [];
const line = (text: string) => `model-config ${text.replaceAll("\n", " ")}\nmodel-digest 0123`;

it("the model's config is that of the first node that has one; one that cannot be read is left to the engine", () => {
  expect(modelOf([said(""), said(line(config))].flat())).toMatchObject({ heads: 64, kvHeads: 8 });
  expect(modelOf([said(line("{"))].flat())).toBeUndefined();
  expect(modelOf([said(line('{"model_type": "llama"}'))].flat())).toBeUndefined();
  expect(modelOf([said("")].flat())).toBeUndefined();
});
