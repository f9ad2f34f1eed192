import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { plan } from "../../src/plan/index.ts";
import type { Plan, Service } from "../../src/plan/plan.ts";
import { anyTopology, shuffled, split, type Written } from "./any-topology.ts";
import { loadTexts, spoken } from "./loading.ts";

function planned(files: Readonly<Record<string, string>>): Plan {
  const { topology, diagnostics } = loadTexts(files);
  if (topology === undefined) throw new Error(`${spoken(diagnostics)}\n${Object.values(files).join("---\n")}`);
  return plan(topology).plan;
}
const planOf = (value: unknown) => planned({ "t.yaml": stringify(value) });
const always = <T>(property: fc.IProperty<T>, numRuns: number) => fc.assert(property, { numRuns });

const engines = ({ services }: Plan) => services.filter(({ kind }) => kind === "engine");
const byGroup = (services: readonly Service[]) =>
  [...new Set(services.map(({ group }) => group))].map((group) => services.filter((one) => one.group === group));

describe("whatever a valid topology is", () => {
  it("every rank of a group is run once, the first of it on its first node", () => {
    always(
      fc.property(anyTopology, (value) => {
        const made = planOf(value);
        for (const group of byGroup(engines(made))) {
          const instance = made.instances.find(({ id }) => id === group[0]?.group);
          const spans = group.length > 1 && instance?.lb === "none";
          const ranks = group.flatMap(({ ranks: held, argv }) => (spans && argv.includes("--headless") ? [] : held));
          expect(ranks).toEqual(Array.from({ length: instance?.parallel.dp ?? 0 }, (_, rank) => rank));
          expect(group[0]?.node).toBe(instance?.nodes[0]);
        }
      }),
      25,
    );
  });

  it("no device is given twice, and every process has those of its ranks", () => {
    always(
      fc.property(anyTopology, (value) => {
        const made = planOf(value);
        const held = engines(made).flatMap(({ node, devices }) => devices.map((device) => `${node} ${device}`));
        expect(new Set(held).size).toBe(held.length);
        for (const { id, devices, nodes, parallel } of made.instances)
          expect([id, devices, nodes.length > 0]).toEqual([id, parallel.tp * parallel.dp, true]);
      }),
      25,
    );
  });

  it("no port of a node is bound twice, nor by anybody inside what another one has reserved", () => {
    always(
      fc.property(anyTopology, (value) => {
        const made = planOf(value);
        const bound = made.services.flatMap(({ node, listens }) => listens.map(({ port }) => `${node} ${port}`));
        expect(new Set(bound).size).toBe(bound.length);
        for (const [node, all] of Object.entries(made.reservations))
          for (const [i, one] of all.entries())
            for (const other of all.slice(i + 1))
              expect(one.last < other.first || other.last < one.first, `${node} ${JSON.stringify([one, other])}`).toBe(
                true,
              );
      }),
      25,
    );
  });

  it("its plan is the same bytes again, whatever the order of its keys", () => {
    always(
      fc.property(
        anyTopology,
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 10 }),
        (value, order) => {
          const bytes = JSON.stringify(planOf(value));
          expect(JSON.stringify(planOf(value))).toBe(bytes);
          expect(JSON.stringify(planOf(shuffled(value, order)))).toBe(bytes);
        },
      ),
      15,
    );
  });

  it("its plan is the same bytes when it is split into a file and one that it extends", () => {
    always(
      fc.property(
        anyTopology,
        fc.array(fc.constantFrom(0, 1, 2), { minLength: 3, maxLength: 12 }),
        (value: Written, choices) => {
          const { base, over } = split(value, choices);
          const files = { "t.yaml": stringify({ extends: "base.yaml", ...over }), "base.yaml": stringify(base) };
          expect(JSON.stringify(planned(files))).toBe(JSON.stringify(planOf(value)));
        },
      ),
      15,
    );
  });
});
