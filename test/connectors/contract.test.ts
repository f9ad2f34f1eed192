import { describe, expect, it } from "vitest";
import type { EmitContext } from "../../src/connectors/connector.ts";
import { type AnyConnector, connectors } from "../../src/connectors/index.ts";
import type { Hardware } from "../../src/hardware/hardware.ts";
import { hardware } from "../../src/hardware/index.ts";
import { families } from "../../src/proxy/families/index.ts";
import type { Instance, Parallel, Role } from "../../src/topology/topology.ts";
import { topologyOf } from "../plan/topologies.ts";

/** The least that a user must write for each connector, and a hardware it runs on. */
const least: Readonly<Record<string, { fields: object; on: string }>> = {
  nixl: { fields: {}, on: "cuda" },
  mooncake: { fields: {}, on: "cuda" },
  "mooncake-ascend": { fields: {}, on: "ascend" },
  lmcache: { fields: {}, on: "cuda" },
  "mooncake-store": { fields: {}, on: "cuda" },
  moriio: { fields: {}, on: "rocm" },
  offloading: { fields: { cpu_gib: 8 }, on: "cuda" },
  example: { fields: { shared_storage_path: "/mnt/kv" }, on: "cpu" },
  "ascend-store": { fields: {}, on: "ascend" },
  ucm: { fields: { storage_backends: ["/mnt/kv"] }, on: "cuda" },
};
const cuda = hardware.get("cuda") as Hardware;
const single: Parallel = { tp: 1, pp: 1, pcp: 1, dcp: 1, dp: 1 };
const shapes: readonly Parallel[] = [
  single,
  { ...single, tp: 8 },
  { ...single, tp: 2, pp: 2, dp: 4 },
  { ...single, dp: 8 },
];

const instance = (parallel: Parallel): Instance => {
  const [first] = topologyOf("ucm-1p1d").instances;
  if (first === undefined) throw new Error("ucm-1p1d has no instance");
  return { ...first, engine: { ...first.engine, parallel } };
};

function context(connector: AnyConnector, role: Role, parallel: Parallel, rank = 0): EmitContext<unknown, string> {
  const { fields, on } = least[connector.name] ?? { fields: {}, on: "cuda" };
  const parsed = connector.fields.parse(fields);
  const grants = Object.fromEntries(
    connector
      .claims(instance(parallel), parsed)
      .map(({ name, base, span }) => [name, { first: base + 100, last: base + 99 + span }]),
  );
  return {
    engine: {
      id: `${role}-0-${rank}`,
      role,
      kvLayout: undefined,
      hardware: hardware.get(on) ?? cuda,
      ranks: [rank],
      parallel,
      node: { name: "n0", ip: "10.0.0.1", nic: "eth0" },
    },
    fields: parsed,
    grants,
    peers: [],
    sizes: { prefill: parallel, decode: parallel },
    services: {},
    versions: {},
  };
}

describe.each([...connectors])("%s", (name, connector) => {
  it("can be used with what must be written alone", () => {
    expect(least[name], `${name} has no line in this test`).toBeDefined();
    expect(connector.fields.safeParse(least[name]?.fields).success).toBe(true);
    expect(connector.fields.safeParse({ ...least[name]?.fields, surely_not_a_key: 1 }).success).toBe(false);
  });

  it.each(shapes)(
    "tp $tp pp $pp dp $dp: every rank of a group binds ports of its own, all inside the claimed span",
    (parallel) => {
      for (const { span, binds } of connector.claims(instance(parallel), connector.fields.parse(least[name]?.fields))) {
        const bound = Array.from({ length: parallel.dp }, (_, rank) => binds({ ranks: [rank], parallel })).flat();
        expect(new Set(bound).size).toBe(bound.length);
        for (const offset of bound) expect(offset).toBeLessThan(span);
        expect(binds({ ranks: [0], parallel })).toContain(0);
      }
    },
  );

  it("an engine over two nodes binds no port twice, and none that one on a single node would not bind", () => {
    const parallel: Parallel = { ...single, tp: 16 };
    for (const { binds } of connector.claims(instance(parallel), connector.fields.parse(least[name]?.fields))) {
      const parts = [0, 1].flatMap((index) => binds({ ranks: [0], parallel, part: { index, of: 2 } }));
      expect(parts).toEqual(binds({ ranks: [0], parallel }));
    }
  });

  it("writes the granted number, the same for all ranks of a group", () => {
    const parallel: Parallel = { ...single, tp: 2, dp: 4 };
    const texts = [0, 3].map((rank) => JSON.stringify(connector.emit(context(connector, "prefill", parallel, rank))));
    expect(texts[0]).toBe(texts[1]);
    for (const { first } of Object.values(context(connector, "prefill", parallel).grants))
      expect(texts[0]).toContain(String(first));
  });

  it("names only files that it hands over, and no path of its own", () => {
    for (const role of ["prefill", "decode"] as const) {
      const { kv, env, files } = connector.emit(context(connector, role, single));
      const named = [...JSON.stringify([kv, env]).matchAll(/\{"file":"([^"]+)"\}/g)].map(([, file]) => file);
      expect(new Set(named)).toEqual(new Set(files.map((file) => file.name)));
      expect(JSON.stringify(kv)).not.toMatch(/"\.\.?\//);
    }
  });

  it("sets nothing to an empty text, and declares what a user may not set in its place", () => {
    const { env } = connector.emit(context(connector, "decode", single));
    for (const [variable, value] of Object.entries(env)) {
      expect(value, variable).not.toBe("");
      if (variable !== "ENABLE_UCM_PATCH") expect(connector.managedEnv.has(variable), variable).toBe(true);
    }
  });

  it("says how it is proven that KV moved", () => {
    const topology = topologyOf("local");
    const { proof, proxy } = connector.shared(connector.fields.parse(least[name]?.fields), topology, {});
    expect(proof.rises.length + (proof.log ? 1 : 0)).toBeGreaterThan(0);
    expect(Object.keys(families)).toContain(proxy.family);
  });

  it("knows each of its causes by one name, with something to do about it", () => {
    expect(new Set(connector.causes.map(({ id }) => id)).size).toBe(connector.causes.length);
    for (const { remedy } of connector.causes) expect(remedy.length).toBeGreaterThan(0);
  });
});
