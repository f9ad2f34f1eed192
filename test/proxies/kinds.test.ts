import { describe, expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import { type FlagAsk, proxies } from "../../src/proxies/index.ts";
import type { Target } from "../../src/proxy/config.ts";

const targets: readonly Target[] = [
  { url: "http://10.0.0.1:8100", role: "prefill", slots: 2 },
  { url: "http://10.0.0.2:8101", role: "prefill", slots: 2 },
  { url: "http://10.0.0.3:8200", role: "decode", slots: 2 },
];
const choice: FlagAsk["proxy"] = {
  node: "n0",
  port: 7999,
  kind: "pdctl",
  args: {},
  env: {},
  prefillPolicy: "round_robin",
  decodePolicy: "least_loaded",
  serving: {},
  secrets: [],
  maxConcurrent: 77,
  written: [],
  path: ["proxy"],
};
const ask: FlagAsk = {
  proxy: choice,
  bind: "10.0.0.9",
  targets,
  readyMs: 61_500,
  transfer: { connector: "nixl", bootstraps: new Map() },
};
const others = Object.entries(proxies).filter(([, { flags }]) => flags !== undefined);

describe.each(Object.entries(proxies))("a proxy of kind %s", (name, kind) => {
  it("stands under its own name, speaks to connectors that there are, and has a health to ask for", () => {
    expect(kind.name).toBe(name);
    expect(kind.speaks.map((protocol) => protocol.split(" ")[0]).filter((each) => !connectors.has(each ?? ""))).toEqual(
      [],
    );
    expect(kind.speaks).not.toEqual([]);
    expect(kind.health).toMatch(/^\/\w+$/);
  });

  it("says of each policy that it cannot follow why that is", () => {
    const unknown = (["round_robin", "least_loaded"] as const).filter((policy) => kind.policies[policy] === undefined);
    if (unknown.length > 0) expect(kind.ignores.policy).toMatch(/\w/);
  });
});

describe.each(others)("the command line of %s", (_, kind) => {
  const flags = kind.flags?.(ask) ?? [];
  const values = flags.flatMap((flag) => flag.values);

  it("holds the port, and what it was given to reach every engine that it may choose", () => {
    expect(flags.find(({ name }) => name === "port")?.values).toEqual(["7999"]);
    const reached = [...values, ...Object.values(kind.headers?.(targets) ?? {})].join(" ");
    for (const { port } of targets.map(({ url }) => new URL(url))) expect(reached).toContain(port);
  });

  it("has no flag twice, and says of each where it comes from", () => {
    const names = flags.flatMap(({ name, also = [] }) => [name, ...also]);
    expect(new Set(names).size).toBe(names.length);
    for (const { why } of flags) expect(why).toMatch(/\w/);
  });

  it("is not decided twice: the port has its key, and no argument of the user's can move it unseen", () => {
    expect(kind.managed["port"]).toBe("proxy.port");
  });
});

it("hosts and ports that are read side by side stay pairs", () => {
  for (const kind of ["vllm-toy", "ucm-toy", "ascend", "ascend-layerwise"] as const) {
    const of = (name: string) => proxies[kind].flags?.(ask).find((flag) => flag.name === name)?.values;
    expect([of("prefiller-hosts"), of("prefiller-ports")]).toEqual([
      ["10.0.0.1", "10.0.0.2"],
      ["8100", "8101"],
    ]);
    expect([of("decoder-hosts"), of("decoder-ports")]).toEqual([["10.0.0.3"], ["8200"]]);
  }
});

it("the router waits as long as the engines may load, in whole seconds, and is told apart policies", () => {
  const said = proxies["vllm-router"].flags?.(ask).map(({ name, values }) => `${name} ${values.join(" ")}`.trim());
  expect(said).toContain("worker-startup-timeout-secs 62");
  expect(said).toContain("prefill-policy round_robin");
  expect(said).toContain("decode-policy round_robin"); // it has no least_loaded: R07
  expect(said).toContain("intra-node-data-parallel-size 2");
});
