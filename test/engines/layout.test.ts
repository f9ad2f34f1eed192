import { describe, expect, it } from "vitest";
import { claims } from "../../src/engines/claims.ts";
import { layout } from "../../src/engines/layout.ts";
import type { Instance, Parallel } from "../../src/topology/topology.ts";

/** An instance on n0, n1, …; everything that is not said is 1. */
function instance(nodes: number, parallel: Partial<Parallel>): Instance {
  return {
    id: "prefill-0",
    role: "prefill",
    name: "0",
    nodes: Array.from({ length: nodes }, (_, i) => `n${i}`),
    engine: {
      kind: "vllm",
      runtime: { kind: "process" },
      port: 9000,
      parallel: { tp: 1, pp: 1, pcp: 1, dcp: 1, dp: 1, ...parallel },
      args: {},
      argv: [],
      env: {},
    },
    ports: {},
    path: ["prefill"],
  };
}

const shape = (nodes: number, parallel: Partial<Parallel>) => {
  const made = layout(instance(nodes, parallel));
  return {
    lb: made.lb,
    processes: made.processes.map(({ node, ranks, devices, headless, slots }) =>
      [node, ranks.join("+"), `${devices}d`, headless ? "headless" : `${slots} slots`].join(" "),
    ),
  };
};

const ports = (nodes: number, parallel: Partial<Parallel>) => {
  const one = instance(nodes, parallel);
  return claims(one, layout(one)).map(({ name, base, span, nodes: on }) => `${name} ${base}+${span} ${on.join(",")}`);
};

describe("processes of an instance (launch.md §1.2, §1.3)", () => {
  it("one engine on one node", () => {
    expect(shape(1, { tp: 4 })).toEqual({ lb: "none", processes: ["n0 0 4d 1 slots"] });
    expect(ports(1, { tp: 4 })).toEqual(["http 9000+1 n0"]);
  });

  it("external: a process and an endpoint per rank, devices of one engine each", () => {
    expect(shape(2, { tp: 4, dp: 4, dpLb: "external" })).toEqual({
      lb: "external",
      processes: ["n0 0 4d 1 slots", "n0 1 4d 1 slots", "n1 2 4d 1 slots", "n1 3 4d 1 slots"],
    });
    expect(ports(2, { tp: 4, dp: 4, dpLb: "external", rpcPort: 13395 })).toEqual([
      "http 9000+2 n0",
      "http 9000+2 n1",
      "rpc 13395+1 n0",
    ]);
  });

  it("hybrid: a process per node that answers for its own ranks", () => {
    expect(shape(2, { dp: 8, dpLb: "hybrid" })).toEqual({
      lb: "hybrid",
      processes: ["n0 0+1+2+3 4d 4 slots", "n1 4+5+6+7 4d 4 slots"],
    });
  });

  it("internal: the head answers for all, the others have no endpoint", () => {
    expect(shape(2, { tp: 2, dp: 4 })).toEqual({
      lb: "internal",
      processes: ["n0 0+1 4d 4 slots", "n1 2+3 4d headless"],
    });
    expect(ports(2, { tp: 2, dp: 4 })).toEqual(["http 9000+1 n0", "rpc 29550+1 n0"]);
    expect(ports(1, { tp: 2, dp: 4 })).toEqual(["http 9000+1 n0"]);
  });

  it("hybrid on one node is what vLLM makes of it: internal; with one rank per node: external", () => {
    expect(shape(1, { dp: 4, dpLb: "hybrid" }).lb).toBe("internal");
    expect(shape(2, { dp: 2, dpLb: "hybrid" }).lb).toBe("external");
  });

  it("one engine over two nodes: half of its devices on each, the first one answers, a port for the rendezvous", () => {
    expect(shape(2, { tp: 16 })).toEqual({ lb: "none", processes: ["n0 0 8d 1 slots", "n1 0 8d headless"] });
    expect(ports(2, { tp: 16 })).toEqual(["http 9000+1 n0", "master 29501+1 n0"]);
  });

  it("a dp_local that does not add up makes no rank twice and none that does not exist", () => {
    expect(shape(2, { dp: 6, dpLb: "external", dpLocal: 4 }).processes.map((line) => line.split(" ")[1])).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
    expect(shape(4, { dp: 2, dpLb: "hybrid" }).processes).toHaveLength(2);
  });
});
