import { describe, expect, it } from "vitest";
import { scratch } from "../../src/engines/env.ts";
import { droppedVariable, flagName, flags, managedFlags } from "../../src/engines/index.ts";
import { words } from "../../src/engines/words.ts";
import { plan } from "../../src/plan/index.ts";
import { names, topologyOf } from "../plan/topologies.ts";

describe("arguments as words", () => {
  it("each kind of value is written as vLLM reads it", () => {
    expect(words("enforce-eager", true)).toEqual(["--enforce-eager"]);
    expect(words("enable-prefix-caching", false)).toEqual(["--no-enable-prefix-caching"]);
    expect(words("gpu-memory-utilization", "0.90")).toEqual(["--gpu-memory-utilization", "0.90"]);
    expect(words("compilation-config", { json: { cudagraph_mode: "FULL" } })).toEqual([
      "--compilation-config",
      '{"cudagraph_mode":"FULL"}',
    ]);
    expect(words("allowed-media-domains", ["a", "b"])).toEqual(["--allowed-media-domains", "a", "b"]);
    expect(words("middleware", ["a", "b"])).toEqual(["--middleware", "a", "--middleware", "b"]);
    expect(words("device-ids", ["0", "1"])).toEqual(["--device-ids", "0,1"]);
    expect(words("allowed-origins", ["http://a"])).toEqual(["--allowed-origins", '["http://a"]']);
  });
});

describe("vLLM's flags", () => {
  it("is found under every spelling", () => {
    for (const spelling of ["-tp", "tensor_parallel_size", "--tensor-parallel-size"])
      expect(flagName(spelling)).toBe("tensor-parallel-size");
    expect(flagName("--no-enable-prefix-caching")).toBe("enable-prefix-caching");
    expect(flagName("--disable-expert-parallel")).toBe("enable-expert-parallel");
    expect(flagName("--enable-warp-drive")).toBeUndefined();
  });

  it("a flag that the plan decides cannot be smuggled in under its alias or its negative form", () => {
    for (const spelling of [
      "tp",
      "dp",
      "dpn",
      "dph",
      "data-parallel-hybrid-lb",
      "no-enable-expert-parallel",
      "ep",
      "port",
    ])
      expect(managedFlags.has(spelling), spelling).toBe(true);
    expect(managedFlags.get("kv-transfer-config")).toBe("kv.transfer");
  });

  it("every flag that a plan writes is one that vLLM has", () => {
    for (const name of names)
      for (const { kind, argv } of plan(topologyOf(name)).plan.services)
        if (kind === "engine")
          for (const word of argv.filter((each) => /^--[a-z]/.test(each))) {
            const flag = flags.get(flagName(word) ?? "");
            expect(flag, `${name} ${word}`).toBeDefined();
          }
  });
});

describe("versions", () => {
  it("an unknown version keeps what the user wrote, a new one loses what it would only warn about", () => {
    const name = "VLLM_USE_FLASHINFER_MOE_FP4";
    for (const version of [undefined, "main", "0.20.0", "0.23.5"])
      expect(droppedVariable(name, version)).toBeUndefined();
    expect(droppedVariable(name, "0.33.0")?.replace).toBe("--moe-backend");
  });
});

it("the socket directory stays short enough for a socket's path, and is another one for every engine", () => {
  const long = "a".repeat(40);
  const paths = [scratch("c", "prefill-0-0"), scratch(long, "prefill-10-0"), scratch(long, "prefill-10-1")];
  expect(paths[0]).toBe("/tmp/pdctl-c-prefill-0-0");
  for (const each of paths) expect(Buffer.byteLength(each)).toBeLessThanOrEqual(60);
  expect(new Set(paths).size).toBe(3);
});
