import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { topologyFrom } from "../plan/topologies.ts";
import { loadTexts, spoken } from "./loading.ts";

const cluster = (
  roles: string,
  nodes = '  - { name: "n[0-2]", host: "10.0.0.1[0-2]", nic: eth0, hardware: cuda, devices: 8 }',
) => `
version: 1
name: placed
model: { path: /models/m, kind: moe }
nodes:
${nodes}
kv: { transfer: { connector: nixl } }
engine: { parallel: { tp: 2 } }
${roles}
proxy: { node: n0, port: 8000 }
`;
const seats = (yaml: string) =>
  Object.fromEntries(topologyFrom(yaml).instances.map(({ id, nodes }) => [id, nodes.join(",")]));

describe("many instances on few nodes", () => {
  it("pack fills a node before it takes the next, behind what the other role holds", () => {
    expect(
      seats(
        cluster(
          'prefill: { nodes: "n[0-2]", instances: 5, placement: pack }\ndecode: { nodes: "n[0-2]", instances: 2, port: 8200, placement: pack }',
        ),
      ),
    ).toEqual({
      ...{ "prefill-0": "n0", "prefill-1": "n0", "prefill-2": "n0", "prefill-3": "n0", "prefill-4": "n1" },
      ...{ "decode-0": "n1", "decode-1": "n1" },
    });
  });

  it("spread takes the node with the fewest of them", () => {
    expect(
      seats(
        cluster('prefill: { nodes: "n[0-2]", instances: 5, placement: spread }\ndecode: { nodes: [n2], port: 8200 }'),
      ),
    ).toEqual({
      ...{ "prefill-0": "n0", "prefill-1": "n1", "prefill-2": "n2", "prefill-3": "n0", "prefill-4": "n1" },
      "decode-0": "n2",
    });
  });

  it("places instances of different width, each where it has room", () => {
    const list = "instances: [{ count: 2, parallel: { tp: 8 } }, { count: 3 }]";
    expect(
      seats(cluster(`prefill: { nodes: "n[0-2]", placement: spread, ${list} }\ndecode: { nodes: [n2], port: 8200 }`)),
    ).toEqual({
      ...{ "prefill-0": "n0", "prefill-1": "n1", "prefill-2": "n2", "prefill-3": "n2", "prefill-4": "n2" },
      "decode-0": "n2",
    });
  });

  it("leaves an instance with nodes of its own where it says", () => {
    const list = 'instances: [{ nodes: "n[0-1]", parallel: { tp: 16 } }, { count: 3 }]';
    expect(
      seats(cluster(`prefill: { nodes: [n2], placement: pack, ${list} }\ndecode: { nodes: [n2], port: 8200 }`)),
    ).toEqual({ "prefill-0": "n0,n1", "prefill-1": "n2", "prefill-2": "n2", "prefill-3": "n2", "decode-0": "n2" });
  });

  it("says which instance finds no room", () => {
    const text = cluster(
      'prefill: { nodes: "n[0-1]", instances: 9, placement: pack }\ndecode: { nodes: [n2], port: 8200 }',
    );
    expect(spoken(loadTexts({ "t.yaml": text }).diagnostics).split("\n")[0]).toBe(
      "t.yaml:9:43 instances error prefill instance 9 of 9 finds no node with 2 free devices on n[0-1]",
    );
  });
});

describe("one instance over nodes with different numbers of devices", () => {
  const nodes = [
    "  - { name: n0, host: 10.0.0.10, nic: eth0, hardware: cuda, devices: 8 }",
    "  - { name: n1, host: 10.0.0.11, nic: eth0, hardware: cuda, devices: 4 }",
    "  - { name: n2, host: 10.0.0.12, nic: eth0, hardware: cuda, devices: 12 }",
  ].join("\n");
  const uneven = (dpLb: string, shares = "[4, 2]") =>
    cluster(
      `prefill: { nodes: [n0, n1], parallel: { dp: 6, dp_local: ${shares}, dp_lb: ${dpLb}, expert_parallel: true } }\ndecode: { nodes: [n2], port: 8200 }`,
      nodes,
    );

  it.each(["internal", "hybrid"])("%s: each node starts as many ranks as it has room for", (lb) => {
    const made = plan(topologyFrom(uneven(lb)));
    expect(made.findings).toEqual([]);
    const [first, second] = made.plan.services.filter(({ group }) => group === "prefill-0");
    expect([first?.ranks, first?.devices.length, second?.ranks, second?.devices.length]).toEqual([
      [0, 1, 2, 3],
      8,
      [4, 5],
      4,
    ]);
    expect(second?.argv.join(" ")).toContain("--data-parallel-size 6 --data-parallel-size-local 2");
    expect(second?.argv.join(" ")).toContain("--data-parallel-start-rank 4");
  });

  it("external: a process for each rank", () => {
    const { services } = plan(topologyFrom(uneven("external"))).plan;
    expect(services.filter(({ group }) => group === "prefill-0").map(({ node, ranks }) => `${node} ${ranks}`)).toEqual([
      ...["n0 0", "n0 1", "n0 2", "n0 3"],
      ...["n1 4", "n1 5"],
    ]);
  });

  it.each([
    ["[4, 1]", "P01 error prefill-0 has 6 ranks, but dp_local adds up to 5"],
    ["[6]", "P01 error prefill-0 has 2 nodes, but dp_local has 1 entry"],
    ["[5, 1]", "P09 error prefill-0 has one rank on some of its nodes"],
    ["[3, 3]", "P03 error prefill-0 needs 6 devices on n1, which has 4"],
  ])("dp_local: %s is refused", (shares, said) => {
    expect(spoken(loadTexts({ "t.yaml": uneven("hybrid", shares) }).diagnostics)).toContain(said);
  });
});
