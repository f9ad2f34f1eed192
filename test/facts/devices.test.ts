import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DeviceFact } from "../../src/facts/facts.ts";
import { readFacts } from "../../src/facts/index.ts";

const times = { sentMs: 0, gotMs: 0 };
const recorded = (name: string) => readFileSync(new URL(`devices/${name}.txt`, import.meta.url), "utf8");
const script = (name: string) => readFileSync(new URL(`../../templates/gather/${name}.sh`, import.meta.url), "utf8");
const read = (text: string): readonly DeviceFact[] | undefined => readFacts("n0", `${text}end ok\n`, times)?.devices;

describe("what the accelerators' own tools list", () => {
  it("nvidia-smi: memory, who holds it, and what closes a device; N/A is no number", () => {
    expect(read(recorded("cuda"))?.map(({ id, usedMb, holders, faults }) => ({ id, usedMb, holders, faults }))).toEqual(
      [
        { id: "0", usedMb: 4, holders: [], faults: [] },
        { id: "1", usedMb: 28_774, holders: [{ pid: 31_877, usedMb: 28_764, command: "python3" }], faults: [] },
        { id: "2", usedMb: 4, holders: [], faults: ["MIG mode is Enabled", "compute mode is Exclusive_Process"] },
        { id: "3", usedMb: 0, holders: [], faults: [] },
      ],
    );
  });
  it("rocm-smi: one object per card, bytes; a card without a unique id has its number alone", () => {
    expect(read(recorded("rocm"))).toEqual([
      {
        id: "0",
        uuid: "GPU-3e4d1a2b5c6d7e8f",
        name: "AMD Instinct MI300X",
        totalMb: 196_592,
        usedMb: 286,
        holders: [],
        faults: [],
      },
      { id: "1", name: "AMD Instinct MI300X", totalMb: 196_592, usedMb: 181_198, holders: [], faults: [] },
    ]);
  });
  it("hl-smi: by module id, whatever the order", () => {
    expect(read(recorded("gaudi"))?.map(({ id, name, usedMb }) => [id, name, usedMb])).toEqual([
      ["2", "HL-225", 768],
      ["0", "HL-225", 92_160],
    ]);
  });
  it("npu-smi and hccn_tool: the device's own memory, its health, link and TLS switch", () => {
    expect(read(recorded("ascend"))).toEqual([
      { id: "0", name: "910B3", totalMb: 65_536, usedMb: 3376, holders: [], faults: [], switches: { tls: "0" } },
      {
        id: "5",
        name: "910B3",
        totalMb: 65_536,
        usedMb: 30_711,
        holders: [{ pid: 55_115, command: "python", usedMb: 30_784 }],
        faults: ["health is Alarm", "link is DOWN"],
        switches: { tls: "1" },
      },
    ]);
  });
  it("npu-smi on cards of two chips: each chip has its own id, and its processes", () => {
    expect(read(recorded("ascend-a3"))?.map(({ id, holders }) => [id, holders.map(({ pid }) => pid)])).toEqual([
      ["0", []],
      ["1", [4242]],
      ["2", []],
    ]);
  });
  it("no tool, or one that prints nothing: nothing is known, not that there is none", () => {
    expect(read("")).toBeUndefined();
    expect(read("tool rocm-smi\nrocm not json\n")).toEqual([]);
  });
});

/** A program of that name in front of PATH, which prints what it would print on such a node. */
const tools: Readonly<Record<string, { tool: string; body: string; ids: readonly string[] }>> = {
  cuda: {
    tool: "nvidia-smi",
    body: `case $1 in --query-gpu=*) echo '0, GPU-a, NVIDIA L4, 23034, 1, Default, [N/A]';; *) echo 'GPU-a, 7, 1, python';; esac`,
    ids: ["0"],
  },
  rocm: {
    tool: "rocm-smi",
    body: `echo WARNING: a card is in a low-power state; echo; printf '{"card3": {"VRAM Total Memory (B)": "1048576"}}\\n'`,
    ids: ["3"],
  },
  gaudi: { tool: "hl-smi", body: "echo '4, x, HL-325L, 131072, 672'", ids: ["4"] },
  ascend: {
    tool: "npu-smi",
    body: `printf '%s\\n' '| NPU   Name  | Health | Power |' '| 3  910B4 | OK | 87.8 44 0 / 0 |' '| 0 | 0000:C1:00.0 | 0 0 / 0 2848 / 32768 |'`,
    ids: ["3"],
  },
};

describe("the gather script of an accelerator asks its tool, and is silent where there is none", () => {
  it.each(Object.entries(tools))("%s", (name, { tool, body, ids }) => {
    const bin = mkdtempSync(join(tmpdir(), "tool-"));
    try {
      const alone = execFileSync("bash", [], { input: script(name), encoding: "utf8" });
      expect(read(alone)).toBeUndefined();
      writeFileSync(join(bin, tool), `#!/bin/bash\n${body}\n`);
      chmodSync(join(bin, tool), 0o755);
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
      const text = execFileSync("bash", [], { input: script(name), encoding: "utf8", env });
      expect(read(text)?.map(({ id }) => id)).toEqual(ids);
    } finally {
      rmSync(bin, { recursive: true });
    }
  });
});
