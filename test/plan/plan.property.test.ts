import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { Instance, Parallel, Topology } from "../../src/topology/topology.ts";
import { factsOf, names, topologyOf } from "./topologies.ts";

const bases = new Map(names.map((name) => [name, topologyOf(name)]));
const base = (name: (typeof names)[number]) => bases.get(name) ?? topologyOf(name);

const small = fc.constantFrom(1, 2, 4, 8);
const parallel: fc.Arbitrary<Partial<Parallel>> = fc.record(
  {
    tp: small,
    pp: fc.constantFrom(1, 2),
    dp: small,
    dpLocal: small,
    dpLb: fc.constantFrom("internal" as const, "hybrid" as const, "external" as const),
    expertParallel: fc.boolean(),
  },
  { requiredKeys: [] },
);
const wild: fc.Arbitrary<Partial<Parallel>> = fc.record(
  { tp: fc.nat(1_000_000), pp: fc.nat(1_000_000), pcp: fc.nat(9), dcp: fc.nat(1_000_000), dpLocal: fc.nat(1_000_000) },
  { requiredKeys: [] },
);

const withParallel = (topology: Topology, changes: readonly Partial<Parallel>[]): Topology => ({
  ...topology,
  instances: topology.instances.map((instance, i) => ({
    ...instance,
    engine: { ...instance.engine, parallel: { ...instance.engine.parallel, ...changes[i % changes.length] } },
  })),
});

const anyBase = fc.constantFrom(...names);
const shapes = fc.array(parallel, { minLength: 1, maxLength: 3 });

const portsOf = ({ services }: Plan) =>
  new Map(services.map(({ id, listens, devices, env }) => [id, JSON.stringify([listens, devices, env])]));

describe("a plan", () => {
  it("exists for whatever the sizes are, so that every rule can speak at once", () => {
    fc.assert(
      fc.property(anyBase, fc.array(fc.oneof(parallel, wild), { minLength: 1, maxLength: 3 }), (name, changes) => {
        expect(plan(withParallel(base(name), changes)).plan.services.length).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });

  it("exists for a group of a million ranks: a zero too many is told, not waited for", () => {
    for (const dpLb of ["internal", "hybrid", "external"] as const)
      expect(plan(withParallel(base("mi300x-llama-nixl"), [{ dp: 1_000_000, dpLb }])).plan.targets.length).toBeLessThan(
        1000,
      );
  });

  it("is the same bytes for the same topology and facts", () => {
    fc.assert(
      fc.property(anyBase, shapes, fc.boolean(), (name, changes, rehearse) => {
        const topology = withParallel(base(name), changes);
        const again = JSON.parse(JSON.stringify(topology)) as Topology;
        const facts = factsOf(topology);
        expect(JSON.stringify(plan(again, facts, { rehearse }))).toBe(
          JSON.stringify(plan(topology, facts, { rehearse })),
        );
      }),
      { numRuns: 20 },
    );
  });

  it("gives no device to two engines of a node", () => {
    fc.assert(
      fc.property(anyBase, shapes, (name, changes) => {
        const held = plan(withParallel(base(name), changes)).plan.services.flatMap(({ node, devices }) =>
          devices.map((device) => `${node} ${device}`),
        );
        expect(new Set(held).size).toBe(held.length);
      }),
      { numRuns: 40 },
    );
  });

  it("adding an instance last moves no port, device or address of a running one", () => {
    fc.assert(
      fc.property(anyBase, shapes, (name, changes) => {
        const topology = withParallel(base(name), changes);
        const last = topology.instances.at(-1) as Instance;
        const added: Instance = { ...last, id: `${last.role}-added`, name: "added" };
        const before = portsOf(plan(topology).plan);
        const after = portsOf(plan({ ...topology, instances: [...topology.instances, added] }).plan);
        for (const [id, held] of before) expect(after.get(id), id).toBe(held);
      }),
      { numRuns: 40 },
    );
  });

  it("has every rank of a group exactly once", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("internal" as const, "hybrid" as const, "external" as const),
        fc.constantFrom(2, 4, 8),
        (dpLb, dp) => {
          const { services } = plan(withParallel(base("gb200-deepseek-nixl"), [{ dpLb, dp }])).plan;
          for (const group of ["prefill-0", "prefill-1", "decode-0"])
            expect(services.filter((each) => each.group === group).flatMap(({ ranks }) => ranks)).toEqual(
              Array.from({ length: dp }, (_, rank) => rank),
            );
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe("facts", () => {
  it.each(names)("%s: with facts nothing is left open, and no address, port or device changes", (name) => {
    const [without, made] = [plan(base(name)).plan, plan(base(name), factsOf(base(name))).plan];
    expect(without.provisional).toBe(true);
    expect([made.provisional, made.unknowns]).toEqual([false, []]);
    expect(JSON.stringify(made)).not.toContain("<fact:");
    const fixed = ({ id, listens, devices, targets }: Plan["services"][number] & { targets?: unknown }) => ({
      id,
      listens,
      devices,
      targets,
    });
    expect(made.services.map(fixed)).toEqual(without.services.map(fixed));
    expect(made.targets).toEqual(without.targets);
  });

  it("a node without Node gets the launcher's, and only that one", () => {
    const topology = base("cuda-gaudi-nixl");
    const facts = factsOf(topology).map((fact) => (fact.node === "gaudi-0" ? { ...fact, nodePath: null } : fact));
    const proxy = plan(topology, facts).plan.services.find(({ id }) => id === "proxy");
    expect(proxy?.argv[0]).toBe("/home/gaudi-0/.pdctl/cuda-gaudi/gaudi-0/programs/node");
    expect(proxy?.files.map(({ name }) => name)).toEqual(["proxy", "node", "proxy.json"]);
  });

  it("a plan that was reviewed is another one when what it used has changed, and the same when anything else has", () => {
    const topology = base("cuda-gaudi-nixl");
    const digest = (changes: Parameters<typeof factsOf>[1]) =>
      plan(topology, factsOf(topology, changes)).plan.facts?.digest;
    expect(digest({ listening: [{ port: 1, address: "0.0.0.0" }], clockOffsetMs: 5 })).toBe(digest({}));
    expect(digest({ versions: { vllm: "0.33.0" } })).not.toBe(digest({}));
  });

  it("a version that knows leases gets one name for the hold time, an unknown one both", () => {
    const topology = base("gb200-deepseek-nixl");
    const engine = (vllm: string) => plan(topology, factsOf(topology, { versions: { vllm } })).plan.services[0];
    expect(engine("0.33.0")?.env.VLLM_NIXL_ABORT_REQUEST_TIMEOUT).toBeUndefined();
    expect(engine("0.33.0")?.argv.at(-1)).toContain('"kv_lease_duration":300');
    expect(engine("0.18.1")?.env.VLLM_NIXL_ABORT_REQUEST_TIMEOUT).toBe("300");
    expect(engine("0.18.1")?.argv.at(-1)).not.toContain("kv_lease_duration");
  });

  it("what this vLLM dropped is left out, with a note that says what to write instead", () => {
    const topology = base("gb200-deepseek-nixl");
    const made = plan(topology, factsOf(topology, { versions: { vllm: "0.33.0" } }));
    expect(made.plan.services[0]?.env.VLLM_USE_FLASHINFER_MOE_FP4).toBeUndefined();
    const note = made.findings.find(({ at }) => at.includes("VLLM_USE_FLASHINFER_MOE_FP4"));
    expect(note).toMatchObject({ code: "C07", level: "note", remedy: ["write --moe-backend instead"] });
  });
});
