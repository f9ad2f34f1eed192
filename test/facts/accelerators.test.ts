import { describe, expect, it } from "vitest";
import { readMachine } from "../../src/facts/index.ts";

const said = (...lines: readonly string[]) =>
  readMachine(
    [
      "hostname gpu07",
      "address 10.0.0.7",
      "interface lo 127.0.0.1",
      "interface ens50f1 10.0.0.7",
      "cpus 96",
      ...lines,
      "end ok",
    ].join("\n"),
  );

describe("a node is known by what its devices call themselves", () => {
  it.each([
    [["cuda NVIDIA H100 80GB HBM3", "cuda NVIDIA H100 80GB HBM3"], "cuda", 2],
    [Array.from({ length: 4 }, () => "cuda NVIDIA GB200"), "gb200", 4],
    [Array.from({ length: 8 }, () => "rocm 90402"), "mi300x", 8],
    [["rocm 90010"], "rocm", 1],
    [["gaudi GAUDI2"], "gaudi2", 1],
    [["gaudi GAUDI3", "gaudi GAUDI3"], "gaudi3", 2],
    [["ascend 910B3"], "a2", 1],
    [["ascend Ascend910_9392", "ascend Ascend910_9392"], "a3", 2],
    [["ascend "], "ascend", 1],
    [[], "cpu", 0],
    [["cuda NVIDIA T4", "rocm 90402", "rocm 90402"], "mi300x", 2],
  ])("%j", (lines, hardware, devices) => {
    expect(said(...lines)).toMatchObject({ hardware, devices, address: "10.0.0.7", cpus: 96 });
    expect(said(...lines)?.interfaces).toEqual({ lo: ["127.0.0.1"], ens50f1: ["10.0.0.7"] });
  });

  it("half an answer is none", () => expect(readMachine("hostname a\ncuda X\n")).toBeUndefined());
});
