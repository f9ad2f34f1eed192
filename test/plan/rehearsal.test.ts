import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import type { Service } from "../../src/plan/plan.ts";
import { factsOf, names, topologyOf } from "./topologies.ts";

const pair = (name: string) => {
  const topology = topologyOf(name);
  const facts = factsOf(topology);
  return [plan(topology, facts).plan, plan(topology, facts, { rehearse: true }).plan] as const;
};
const flags = ({ argv }: Service) => argv.slice(argv.findIndex((word) => word.startsWith("--")));

describe.each(names)("a rehearsal of %s", (name) => {
  const [real, rehearsed] = pair(name);

  it("takes the same nodes, devices, ports and targets, so that what it proves holds for the real start", () => {
    const place = ({ id, node, devices, ranks, listens, ready }: Service) => ({
      id,
      node,
      devices,
      ranks,
      listens,
      ready,
    });
    expect(rehearsed.services.map(place)).toEqual(real.services.map(place));
    expect(rehearsed.targets).toEqual(real.targets);
    expect(rehearsed.waves).toEqual(real.waves);
  });

  it("runs pdctl's stand-in with the engine's own flags, as a plain process without vendor software", () => {
    for (const [i, service] of rehearsed.services.entries()) {
      expect(service).toMatchObject({ runtime: { kind: "process" }, vendor: [], prelude: null });
      if (service.kind === "proxy") continue;
      expect(service.argv[1]).toMatch(/\/programs\/sim\.mjs$/);
      const before = real.services[i];
      const words = before ? flags(before).filter((word) => !word.startsWith("{")) : [];
      expect(flags(service).filter((word) => !word.startsWith("{"))).toEqual(words);
    }
  });
});

describe("a rehearsal with UCM", () => {
  it("writes into a directory of its own, which is removed afterwards, and never into the real store", () => {
    const [, { services, smoke }] = pair("ascend-moe-mooncake");
    const prefill = services.find(({ id }) => id === "prefill-0-0");
    const content = prefill?.files.find(({ name }) => name === "ucm.yaml");
    expect(content).toMatchObject({ content: expect.stringContaining("/mnt/test1/pdctl-rehearsal-ascend-moe\n") });
    expect(prefill?.scratch).toContain("/mnt/test1/pdctl-rehearsal-ascend-moe");
    expect(services.find(({ id }) => id === "decode-0-0")?.scratch).toEqual(["/tmp/pdctl-ascend-moe-decode-0-0"]);
    expect(smoke.proof.store).toBeUndefined();
    const store = plan(topologyOf("ucm-xpyd"), [], { rehearse: true }).plan.smoke.proof.store;
    expect(store).toEqual(["/mnt/test1/pdctl-rehearsal-ucm-2p2d"]);
  });
});

describe("a rehearsal of a cluster with containers and services of its own", () => {
  it("leaves both out and says so for the services", () => {
    const topology = topologyOf("mi300x-llama-nixl");
    const etcd = {
      name: "etcd",
      node: "mi0",
      command: ["etcd"],
      env: {},
      listens: [2379],
      wave: 0,
      path: ["services", 0],
    };
    const made = plan({ ...topology, services: [etcd] }, [], { rehearse: true });
    expect(made.plan.services.map(({ id }) => id)).toEqual(["prefill-0-0", "decode-0-0", "proxy"]);
    expect(made.findings).toMatchObject([{ level: "note", title: "etcd is left out of the rehearsal" }]);
    expect(plan({ ...topology, services: [etcd] }).plan.waves[0]).toEqual(["etcd"]);
  });
});
