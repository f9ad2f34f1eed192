import { describe, expect, it } from "vitest";
import type { Facts } from "../../src/facts/facts.ts";
import { judge } from "../../src/plan/facts/judge.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { drifts } from "../../src/plan/written/drift.ts";
import { fill } from "../../src/plan/written/fill.ts";
import { readPlan } from "../../src/plan/written/read-plan.ts";
import type { Node, Topology } from "../../src/topology/topology.ts";
import { names, topologyOf } from "./topologies.ts";

/** Homes that differ, an interface for every address, and every second node without Node. */
function answerOf({ name, ip, host, nic }: Node, index: number): Facts {
  const address = ip ?? (/^[\d.]+$/.test(host) ? host : `10.9.0.${index + 1}`);
  return {
    node: name,
    at: 1_700_000_000_000 + index,
    home: `/home/user "${index}"`,
    user: "user",
    uid: 1000,
    bootId: "00000000-0000-0000-0000-000000000000",
    clockOffsetMs: 0,
    interfaces: { lo: ["127.0.0.1"], [nic ?? "eth7"]: [address] },
    hostIp: address,
    nodePath: index % 2 === 0 ? "/usr/bin/node" : null,
    platform: "Linux x86_64",
    libc: "glibc 2.36",
    bash: "5.2",
    versions: {},
    listening: [],
    ephemeral: null,
    paths: {},
  };
}

const answers = (topology: Topology) => topology.nodes.map(answerOf);
const stored = (made: Plan) => readPlan(JSON.stringify(made, null, 2));
const everything = [...names, "reference"].flatMap((name) =>
  [false, true].map((rehearse) => ({
    name: rehearse ? `${name}, rehearsed` : name,
    topology: topologyOf(name),
    rehearse,
  })),
);

describe.each(everything)("$name", ({ topology, rehearse }) => {
  const provisional = plan(topology, [], { rehearse }).plan;
  const asked = plan(topology, answers(topology), { rehearse }).plan;

  it("is read from its file as it was written", () => {
    expect(stored(provisional)).toEqual(provisional);
    expect(stored(asked)).toEqual(asked);
  });

  it("that was reviewed before any node was asked is the one that would be made after", () => {
    const { facts: used, ...filled } = fill(provisional, answers(topology));
    const { facts: _, ...made } = asked;
    expect(filled).toEqual(made);
    expect(drifts({ ...asked, facts: used }, answers(topology))).toEqual([]);
  });

  it("that was made with facts does not change with the same ones, and says no drift", () => {
    expect(fill(asked, answers(topology))).toEqual(asked);
    expect(drifts(asked, answers(topology))).toEqual([]);
  });
});

it("a plan from a file says where it keeps KV and how long it may stay: nobody is let into one directory with it (N15)", () => {
  const topology = { ...topologyOf("ucm-1p1d"), ttlMs: 7_200_000 };
  const made = stored(plan(topology, answers(topology)).plan);
  if ("error" in made) throw new Error(made.error);
  expect(made.ttlMs).toBe(7_200_000);
  const [node] = made.nodes.filter(({ asks }) => (asks?.directories.length ?? 0) > 0);
  const directories = node?.asks?.directories ?? [];
  expect(directories).toHaveLength(1);
  const others = [{ node: node?.name ?? "", cluster: "chat", owner: "li@build", ports: [], devices: [], directories }];
  const none: ReadonlySet<string> = new Set();
  const found = judge({
    ...{ plan: made, facts: answers(topology), others, ours: none, holders: new Map(), ourDevices: none },
    directories: new Map(made.nodes.map(({ name, asks }) => [name, asks?.directories ?? []])),
  });
  expect(found.filter(({ code }) => code === "N15").map(({ title }) => title)).toEqual([
    `${node?.name}: chat of li@build keeps its KV in ${directories[0]}`,
  ]);
});

describe("a fact that a plan used and that is another one now", () => {
  const topology = topologyOf("cuda-gaudi-nixl");
  const all = answers(topology).map((one, index) => (index === 0 ? { ...one, versions: { vllm: "0.32.0" } } : one));
  const made = plan(topology, all).plan;
  const later = (change: Partial<Facts>) =>
    drifts(
      made,
      all.map((one, index) => (index === 0 ? { ...one, ...change } : one)),
    );
  const node = topology.nodes[0]?.name ?? "";

  it("is named with what it was and is", () => {
    expect(later({ home: "/root" })).toEqual([{ node, fact: "home", was: '/home/user "0"', is: "/root" }]);
    expect(later({ versions: { vllm: "0.33.0" } })).toEqual([{ node, fact: "vllm", was: "0.32.0", is: "0.33.0" }]);
    expect(later({ versions: {} })).toEqual([{ node, fact: "vllm", was: "0.32.0", is: "not told" }]);
  });

  it("is no drift where the plan did not use it", () => {
    expect(later({ clockOffsetMs: 99, listening: [{ port: 80, address: "0.0.0.0" }], bash: "5.3" })).toEqual([]);
  });
});

describe("a file that is not what was reviewed is refused", () => {
  const made = plan(topologyOf("local")).plan;
  const changed = (change: (plan: Plan) => unknown) => readPlan(JSON.stringify(change(made)));
  const [first, ...others] = made.services;
  if (first === undefined) throw new Error("local.yaml has services");
  it.each([
    ["no JSON", () => readPlan("{"), "it is no JSON"],
    ["a topology", () => readPlan('{"version":1}'), "it is no plan: pdctl plan -o FILE writes one"],
    [
      "another schema",
      () => changed((plan) => ({ ...plan, schema: "pdctl.plan/2" })),
      "it is of pdctl.plan/2, and this pdctl reads pdctl.plan/1: write it again",
    ],
    [
      "a word more",
      () => changed((plan) => ({ ...plan, services: [{ ...first, argv: [...first.argv, "--x"] }, ...others] })),
      `${first.id} was changed after the plan was written`,
    ],
    [
      "a service less",
      () => changed((plan) => ({ ...plan, services: others })),
      "its services or setup steps are not those that its hash was made of",
    ],
    ["an unknown key", () => changed((plan) => ({ ...plan, extra: 1 })), 'the plan: Unrecognized key: "extra"'],
    [
      "a port as text",
      () => changed((plan) => ({ ...plan, targets: [{ url: "http://x", role: "prefill", slots: "1" }] })),
      "targets.0.slots: Invalid input: expected number, received string",
    ],
  ])("%s", (_, read, error) => expect(read()).toEqual({ error }));

  it("a changed file of a service", () => {
    const services = made.services.map((service) => ({
      ...service,
      files: service.files.map((file) => ("content" in file ? { ...file, content: `${file.content} ` } : file)),
    }));
    expect(changed((plan) => ({ ...plan, services }))).toEqual({
      error: "proxy.json of proxy was changed after the plan was written",
    });
  });
});
