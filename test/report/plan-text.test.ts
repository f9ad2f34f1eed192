import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { planExplain } from "../../src/report/plan/explain.ts";
import { planText } from "../../src/report/plan/text.ts";
import { loadTopology } from "../../src/topology/index.ts";
import { screen } from "./story.ts";

const topologies = join(import.meta.dirname, "../../topologies");

function planned(name: string, set: readonly string[] = []) {
  const read = () => readFileSync(join(topologies, `${name}.yaml`));
  const { topology, origins } = loadTopology({ file: "cluster.yaml", read }, { set, hosts: [] });
  if (topology === undefined) throw new Error(`${name} has errors`);
  return { ...plan(topology), where: origins };
}

const hashless = (lines: readonly string[]) => lines.map((line) => line.replace(/^plan [0-9a-f]{8}/, "plan ########"));

describe("plan", () => {
  it("shows every process, device and port of the Ascend set-up as specified", () => {
    const { plan } = planned("ascend-moe-mooncake");
    const lines = planText(plan, { own: ["PYTHONPATH", "VLLM_USE_MODELSCOPE"], findings: [] });
    expect(hashless(lines).slice(0, -1)).toEqual(hashless(screen("plan")).slice(0, -1));
    expect(lines.at(-1)).toBe("  next    pdctl up · pdctl plan --explain prefill-0-2");
  });

  it("says how instances of one engine are called, and what is noted", () => {
    const { plan } = planned("local");
    const note = { code: "N04", level: "note", title: "8000 is an odd choice", at: [], also: [], remedy: [] } as const;
    const lines = planText(plan, { own: [], findings: [note] });
    expect(lines).toContain("  prefill-0   1 engine on here   tp 1   1 device");
    expect(lines).toContain("  note    N04 8000 is an odd choice");
    expect(lines.some((line) => line.startsWith("    decode-1    "))).toBe(true);
  });

  it("folds instances of one shape past eight", () => {
    const { plan } = planned("local", [
      "nodes[0].devices=24",
      "prefill.instances=12",
      "decode.instances=12",
      "decode.port=8300",
    ]);
    const lines = planText(plan, { own: [], findings: [] });
    expect(lines.slice(2, 4)).toEqual([
      "  prefill-[0-11]   12 engines on here   tp 1   12 devices",
      "  decode-[0-11]    12 engines on here   tp 1   12 devices",
    ]);
  });
});

describe("plan --explain", () => {
  function explained(full: boolean) {
    const { plan, origins, where } = planned("ascend-moe-mooncake");
    const service = plan.services.find(({ id }) => id === "prefill-0-2");
    if (service === undefined) throw new Error("no prefill-0-2");
    const writtenAt = (paths: readonly (readonly (string | number)[])[]) => {
      for (const path of paths) {
        const [origin, key] = [where.originOf(path), where.writtenAt(path)];
        if (origin !== undefined && key !== undefined)
          return { at: "set" in origin ? "--set" : `${origin.file}:${origin.line}`, key: key.join(".") };
      }
      return undefined;
    };
    return planExplain({ plan, service, origins: origins[service.id], writtenAt, full });
  }

  it("gives the source of every value, with the key that the user would change", () => {
    const lines = explained(false);
    const spec = screen("plan-explain");
    expect(lines.slice(0, 8)).toEqual(spec.slice(0, 8));
    for (const row of [
      ...spec.slice(9, 11),
      ...spec.slice(12, 16),
      ...spec.slice(17, 18),
      ...spec.slice(19, 20),
      ...spec.slice(21, 22),
      ...spec.slice(24),
    ])
      expect(lines).toContain(row);
    expect(lines).toHaveLength(spec.length);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("cuts and folds nothing with --full", () => {
    const lines = explained(true);
    expect(lines.some((line) => line.includes("…"))).toBe(false);
    expect(lines.filter((line) => line.startsWith("--")).length).toBeGreaterThan(15);
    expect(lines.filter((line) => /^[A-Z][A-Z0-9_]+=/.test(line))).toHaveLength(20);
  });
});
