import { readFileSync } from "node:fs";
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

/** As the script around nvidia-smi writes it. */
const cuda = (name: string, count: number): readonly string[] => [
  "tool nvidia-smi",
  ...Array.from({ length: count }, (_, id) => `cuda ${id}, GPU-${id}, ${name}, 81559, 4, Default, Disabled`),
];
const recorded = (name: string) =>
  readFileSync(new URL(`devices/${name}.txt`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n");

describe("a node is known by what its devices call themselves", () => {
  it.each([
    [cuda("NVIDIA H100 80GB HBM3", 2), "cuda", 2],
    [cuda("NVIDIA GB200", 4), "gb200", 4],
    [Array.from({ length: 8 }, () => "kfd 90402"), "mi300x", 8],
    [["kfd 90010"], "rocm", 1],
    [["accel GAUDI2"], "gaudi2", 1],
    [["accel GAUDI3", "accel GAUDI3"], "gaudi3", 2],
    [["davinci 0"], "ascend", 1],
    [[], "cpu", 0],
    [[...cuda("NVIDIA T4", 1), "kfd 90402", "kfd 90402"], "mi300x", 2],
  ])("%j", (lines, hardware, devices) => {
    expect(said(...lines)).toMatchObject({ hardware, devices, address: "10.0.0.7", cpus: 96 });
    expect(said(...lines)?.interfaces).toEqual({ lo: ["127.0.0.1"], ens50f1: ["10.0.0.7"] });
  });

  it.each([
    ["cuda", "cuda", 4],
    ["rocm", "mi300x", 2],
    ["gaudi", "gaudi2", 2],
    ["ascend", "a2", 2],
    ["ascend-a3", "ascend", 3], // its name says Ascend910, which more than one generation is called
  ])("by what its vendor's tool lists, as `up` reads it too: %s", (name, hardware, devices) => {
    expect(said(...recorded(name))).toMatchObject({ hardware, devices });
  });

  it("half an answer is none", () => expect(readMachine("hostname a\ncuda X\n")).toBeUndefined());
});
