import fc from "fast-check";
import { expect, it } from "vitest";
import { grantPorts, type PortClaim, type PortGrant } from "../../src/plan/claims/ports.ts";

const claim: fc.Arbitrary<PortClaim> = fc.record({
  name: fc.constantFrom("http", "side_channel"),
  base: fc.constantFrom(5600, 8100),
  span: fc.integer({ min: 1, max: 16 }),
  nodes: fc.subarray(["n0", "n1", "n2"], { minLength: 1 }),
});
const claims = fc.array(claim, { maxLength: 12 });

const meet = (a: PortClaim & PortGrant, b: PortClaim & PortGrant) =>
  a.nodes.some((node) => b.nodes.includes(node)) && a.first <= b.last && b.first <= a.last;

it("an engine that is added last moves no port of a running one", () => {
  fc.assert(
    fc.property(claims, claim, (running, added) => {
      expect(grantPorts([...running, added]).slice(0, -1)).toEqual(grantPorts(running));
    }),
  );
});

it("two engines that asked for the same base never get the same port of a node", () => {
  fc.assert(
    fc.property(claims, (all) => {
      const grants = grantPorts(all);
      for (const [i, a] of grants.entries())
        for (const b of grants.slice(i + 1)) if (a.name === b.name && a.base === b.base) expect(meet(a, b)).toBe(false);
    }),
  );
});

it("the first one on a node gets the base that the user wrote, whatever others with another base do", () => {
  fc.assert(
    fc.property(claims, claim, (all, last) => {
      const others = all.filter(({ name, base }) => name !== last.name || base !== last.base);
      expect(grantPorts([...others, last]).at(-1)).toMatchObject({ first: last.base, last: last.base + last.span - 1 });
    }),
  );
});

it("an instance over several nodes has one number on all of them: the lowest that is free on each", () => {
  const on = (nodes: readonly string[], span: number): PortClaim => ({ name: "kv_port", base: 28001, span, nodes });
  expect(grantPorts([on(["n0"], 4), on(["n0", "n1"], 8), on(["n1"], 4)]).map(({ first }) => first)).toEqual([
    28001, 28005, 28013,
  ]);
});
