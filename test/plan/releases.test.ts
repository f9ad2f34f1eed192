import { describe, expect, it } from "vitest";
import type { Facts } from "../../src/facts/facts.ts";
import { plan } from "../../src/plan/index.ts";
import { planText } from "../../src/report/plan/text.ts";
import { healthy } from "../healthy.ts";
import { loadOver } from "../topology/loading.ts";

/** Engines of the base topology of the loader's tests, as vLLM, and what its nodes say of releases. */
function made(engine: string, versions?: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const { topology } = loadOver(`engine: { kind: vllm${engine} }`);
  if (topology === undefined) throw new Error("not read");
  const blank = plan(topology).plan;
  const facts: readonly Facts[] =
    versions === undefined
      ? []
      : healthy(topology, blank).map((one) => ({ ...one, versions: versions[one.node] ?? {} }));
  const { plan: done } = plan(topology, facts);
  const text = planText(done, { own: [], findings: [] });
  const nodes = [...new Set(topology.instances.flatMap((each) => each.nodes))];
  const waits = done.unknowns.filter(({ fact }) => fact === "vllm").map(({ node }) => node);
  return { releases: done.releases, waits, nodes, lines: text.filter((line) => /^ {2}(release|unknown)/.test(line)) };
}

describe("a plan says which releases it goes by, and where it can only write what is right for all", () => {
  it("nobody says it", () => {
    const { releases, waits, nodes, lines } = made("");
    expect(releases).toEqual([{ package: "vllm", release: null, from: null, nodes }]);
    expect(waits).toEqual(nodes);
    expect(lines[0]).toBe(
      "  release of vllm not known: what changed between releases is written as all of them take it",
    );
    expect(lines[1]).toContain("vllm version");
  });
  it("declared: nothing is unknown any more", () => {
    const { releases, waits, nodes, lines } = made(", versions: { vllm: 0.11.0 }");
    expect(releases).toEqual([{ package: "vllm", release: "0.11.0", from: "engine.versions", nodes }]);
    expect(waits).toEqual([]);
    expect(lines.join()).toContain("  release vllm 0.11.0 (engine.versions)");
    expect(lines.join()).not.toContain("vllm version");
  });
  it("the tag of the image says it, and what is declared goes before that", () => {
    const image = "runtime: { kind: docker, image: vllm/vllm-openai:v0.12.0 }";
    expect(made(`, ${image}`).releases).toMatchObject([{ release: "0.12.0", from: "runtime.image" }]);
    expect(made(`, ${image}, versions: { vllm: 0.11.0 }`).releases).toMatchObject([
      { release: "0.11.0", from: "engine.versions" },
    ]);
  });
  it("what a node says goes before both, node by node", () => {
    const [first = ""] = made("").nodes;
    const { releases, lines } = made(", versions: { vllm: 0.11.0 }", { [first]: { vllm: "0.12.0+cu130" } });
    expect(releases).toMatchObject([
      { release: "0.12.0+cu130", from: "node", nodes: [first] },
      { release: "0.11.0", from: "engine.versions" },
    ]);
    expect(lines[0]).toMatch(
      new RegExp(
        `release vllm 0\\.12\\.0\\+cu130 on ${first} \\(told by the node\\), vllm 0\\.11\\.0 on \\S+ \\(engine`,
      ),
    );
  });
});
