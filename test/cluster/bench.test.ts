import { describe, expect, it } from "vitest";
import { judge } from "../../src/cluster/bench/judge.ts";
import { measured } from "../../src/cluster/bench/measured.ts";
import { barOf, tableIn } from "../../src/cluster/bench/said.ts";

const kv = { prompt_tokens: 1_000, from_prefill: 1_000, cached: 0, computed: 0, transfers: 10, wrong: [] };
const proxy = { alone: 0, missing_kv: 0, retries: 0 };
const sound = { requests: 10, completed: 10, kv, proxy };
const said = (more: object) => judge({ ...sound, ...more }).map(({ about, what }) => `${about}: ${what}`);

describe("a benchmark", () => {
  it("has passed when every request was answered out of KV that came, or that decode had", () => {
    expect(said({})).toEqual([]);
    expect(said({ kv: { ...kv, from_prefill: 600, cached: 400 } })).toEqual([]);
    expect(said({ proxy: { ...proxy, retries: 2 } })).toEqual([]); // they were answered in the end
  });

  it.each([
    ["a request failed", { completed: 9 }, ["answered: 1 of 10 requests failed"]],
    ["no KV came", { kv: { ...kv, from_prefill: 0, computed: 1_000 } }, ["kv: no KV moved"]],
    [
      "decode computed a part",
      { kv: { ...kv, computed: 100 } },
      ["kv: decode computed 100 of 1000 prompt tokens itself"],
    ],
    ["a request had no transfer", { kv: { ...kv, transfers: 9 } }, ["kv: 9 transfers of KV for 10 requests"]],
    [
      "transfers failed",
      { kv: { ...kv, wrong: ["vllm:nixl_num_failed_transfers_total"] } },
      ["kv: vllm:nixl_num_failed_transfers_total rose"],
    ],
    ["prefill was passed over", { proxy: { ...proxy, alone: 1 } }, ["proxy: 1 request went to decode alone"]],
    [
      "prefill had no ticket",
      { proxy: { ...proxy, missing_kv: 2 } },
      ["proxy: prefill handed out no KV for 2 requests"],
    ],
  ])("has not passed when %s", (_, more, wrong) => {
    expect(said(more)).toEqual(wrong);
  });

  it("that was cut off while it wrote has no result", () => {
    expect([measured(undefined), measured('{"completed": 3, "num'), measured('{"completed": 3}')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("is followed by its bar, and ends with its table", () => {
    expect(barOf(" 54%|█████▍    | 108/200 [00:21<00:18,  5.03it/s]")).toBe("108 of 200 requests");
    expect(barOf("Starting main benchmark run...")).toBeUndefined();
    const table = ["==== Serving Benchmark Result ====", "Successful requests:   1", "====="];
    expect(tableIn(["====", ...table, "after it"])).toEqual(table);
    expect(tableIn(table.slice(0, 2))).toEqual([]);
  });
});
