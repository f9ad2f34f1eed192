import { proxies } from "../../../proxies/index.ts";
import type { Rule } from "../../../topology/rule.ts";
import type { Instance, Role, Topology } from "../../../topology/topology.ts";
import { hardwareOf, userEnv } from "../../pairs.ts";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const roles = ["prefill", "decode"] as const;

/** A01: both sides are told the sizes of both; pdctl derives them, and what the user writes beside must agree. Source: launch.md §3.5. */
export const a01: Rule<Topology, { role: Role; key: string; written: string; real: number; instance: string }> = {
  id: "A01",
  level: "error",
  *check(topology) {
    const { fields, path } = topology.kv.transfer;
    for (const side of roles) {
      const extra = fields[side]["extra"];
      if (!isRecord(extra)) continue;
      for (const role of roles) {
        const written = extra[role];
        const instance = topology.instances.find((each) => each.role === role);
        if (!isRecord(written) || instance === undefined) continue;
        const { dp, tp, pp } = instance.engine.parallel;
        for (const [key, real] of Object.entries({ dp_size: dp, tp_size: tp, pp_size: pp })) {
          if (written[key] === undefined || Number(written[key]) === real) continue;
          const data = { role, key, written: String(written[key]), real, instance: instance.id };
          yield { at: [...path, "extra", role, key], subject: instance.id, data };
        }
      }
    }
  },
  message: ({ role, key, written, real, instance }) =>
    `extra.${role}.${key} is ${written}, and ${instance} has ${real}`,
  remedy: ({ role, key, real }) => [`${key}: ${real}`, `or leave extra.${role} out: pdctl writes the real sizes`],
};

/** A03: the transfer engine has one protocol on NPUs and others elsewhere. Source: launch.md §3.5. */
export const a03: Rule<Topology, { instance: string; hardware: string; protocol: string }> = {
  id: "A03",
  level: "error",
  *check(topology) {
    const { fields, path } = topology.kv.transfer;
    for (const instance of topology.instances) {
      const hardware = hardwareOf(topology, instance);
      if (hardware === "cpu") continue; // a stand-in has no protocol
      const json = fields[instance.role]["mooncake_json"];
      const protocol = isRecord(json) && typeof json["protocol"] === "string" ? json["protocol"] : "ascend";
      if ((hardware === "ascend") === (protocol === "ascend")) continue;
      yield {
        at: [...path, "mooncake_json", "protocol"],
        subject: instance.id,
        data: { instance: instance.id, hardware, protocol },
      };
    }
  },
  message: ({ instance, hardware, protocol }) =>
    `${instance} is on ${hardware}, where the transfer engine has no protocol ${protocol}`,
  remedy: ({ hardware }) =>
    hardware === "ascend" ? "protocol: ascend" : ["kv.transfer.connector: nixl", "or protocol: rdma, tcp"],
};

/** A05: KV must not be evicted while it is being moved. Source: launch.md §3.11. */
export const a05: Rule<Topology, { name: string; value: number; ttl: number }> = {
  id: "A05",
  level: "warning",
  *check(topology) {
    const { transfer, cache } = topology.kv;
    const use = cache !== undefined && isRecord(cache.fields.prefill["master"]) ? cache : transfer;
    const master = use.fields.prefill["master"];
    const ttl = isRecord(master) ? milliseconds(master["default_kv_lease_ttl"]) : undefined;
    if (ttl === undefined) return;
    for (const instance of topology.instances) {
      for (const name of ["ASCEND_TRANSFER_TIMEOUT", "ASCEND_CONNECT_TIMEOUT"]) {
        for (const { value } of userEnv(topology, instance, name)) {
          const limit = typeof value === "string" ? milliseconds(value) : undefined;
          if (limit === undefined || ttl > limit) continue;
          yield {
            at: [...use.path, "master", "default_kv_lease_ttl"],
            subject: `${name} of ${instance.id}`,
            data: { name, value: limit, ttl },
          };
        }
      }
    }
  },
  message: ({ name, value, ttl }) => `default_kv_lease_ttl is ${ttl} ms, not longer than ${name} with ${value} ms`,
  remedy: ({ value }) => `default_kv_lease_ttl: ${value + 1000}, or more`,
};

/** A bare number is milliseconds; newer masters also take a unit. */
function milliseconds(value: unknown): number | undefined {
  const [, digits, unit = "ms"] = /^(\d+)(ms|s|m|h)?$/.exec(String(value)) ?? [];
  const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  return digits === undefined ? undefined : Number(digits) * (factors[unit] ?? 1);
}

/** Its own script takes the address that it binds for the one that decode calls; pdctl's writes the node's where it binds all of them. */
function isCallable({ kind, bind }: Topology["proxy"], nodes: Topology["nodes"]): boolean {
  if (bind !== undefined && /^(localhost|127\..*|::1)$/.test(bind))
    return kind === "pdctl" && nodes.every(({ host }) => host === "local");
  const isAny = bind === undefined || /^(0\.0\.0\.0|::)$/.test(bind);
  return kind === "pdctl" || !isAny;
}

/** A06: in the layerwise variant decode comes first and calls the proxy back. Source: launch.md §3.5. */
export const a06: Rule<Topology, { why: string; add: string }> = {
  id: "A06",
  level: "error",
  *check({ kv, proxy, instances, nodes }) {
    const layerwise = instances.some(({ role }: Instance) => kv.transfer.fields[role]["variant"] === "layerwise");
    if (!layerwise) return;
    const at = [...kv.transfer.path, "variant"];
    if (!proxies[proxy.kind].speaks.includes("mooncake-ascend layerwise"))
      yield { at, data: { why: `proxy ${proxy.kind} does not speak it`, add: "proxy.kind: pdctl" } };
    else if (!isCallable(proxy, nodes))
      yield {
        at,
        data: { why: "decode calls the proxy back at its bind address", add: "proxy.bind: the address of its node" },
      };
    if (kv.cache?.connector === "ascend-store")
      yield { at, data: { why: "it cannot be combined with ascend-store", add: "variant: v1, or no kv.cache" } };
  },
  message: ({ why }) => `variant layerwise: ${why}`,
  remedy: ({ add }) => add,
};
