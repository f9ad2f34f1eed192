import type { Rule } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";
import { hardwareOf, usesOf } from "../../pairs.ts";

const backends = (fields: Readonly<Record<string, unknown>>): string => {
  const list = fields["storage_backends"];
  return Array.isArray(list) ? list.map(String).join(":") : "";
};

/** U01: engines on several nodes meet in the store only when it is one mount. Source: launch.md §3.8. */
export const u01: Rule<Topology, { backends: string; nodes: readonly string[] }> = {
  id: "U01",
  level: "error",
  *check(topology) {
    for (const { use, roles } of usesOf("ucm", topology)) {
      const engines = topology.instances.filter(({ role }) => roles.includes(role));
      const nodes = [...new Set(engines.flatMap((each) => each.nodes))];
      const declared = roles.every((role) => use.fields[role]["shared_storage"] === true);
      if (nodes.length < 2 || declared) continue;
      const data = { backends: backends(use.fields[roles[0] ?? "prefill"]), nodes };
      yield { at: [...use.path, "storage_backends"], data };
    }
  },
  message: ({ backends, nodes }) => `${backends} is on ${nodes.length} nodes, and not said to be one shared mount`,
  caret: ({ nodes }) => `used on ${nodes.join(", ")}`,
  remedy: () => ["shared_storage: true, when all nodes mount the same storage there", "or its engines on one node"],
};

/** C04, of the store: every engine starts in a directory of its own. Source: launch.md §10.8. */
export const c04: Rule<Topology, { path: string }> = {
  id: "C04",
  level: "error",
  *check(topology) {
    for (const { use, roles } of usesOf("ucm", topology))
      for (const role of roles) {
        const list = use.fields[role]["storage_backends"];
        for (const path of Array.isArray(list) ? list.map(String) : [])
          if (!path.startsWith("/")) yield { at: [...use.path, "storage_backends"], subject: role, data: { path } };
      }
  },
  message: ({ path }) => `storage_backends ${path} is relative, and engines start in directories of their own`,
  remedy: ({ path }) => `an absolute path: /mnt/${path.replace(/^(~\/|(\.{1,2}\/)+)/, "")}`,
};

/** U02: a block is found under the path where it was written. Source: launch.md §3.8. */
export const u02: Rule<Topology, { prefill: string; decode: string }> = {
  id: "U02",
  level: "error",
  *check(topology) {
    for (const { use, roles } of usesOf("ucm", topology)) {
      if (roles.length < 2) continue;
      const [prefill, decode] = [backends(use.fields.prefill), backends(use.fields.decode)];
      if (prefill !== decode) yield { at: [...use.path, "decode", "storage_backends"], data: { prefill, decode } };
    }
  },
  message: ({ prefill, decode }) => `prefill writes to ${prefill}, and decode reads from ${decode}`,
  remedy: ({ prefill }) => `storage_backends: [${prefill.replaceAll(":", ", ")}] on both sides`,
};

/** Stages of a pipeline that keep nothing after the process. Source: launch.md §3.8. */
const forgetful = ["Cache", "Empty", "Fake"];

/** U05: what decode reads must have been written. Source: launch.md §3.8. */
export const u05: Rule<Topology, { pipeline: string }> = {
  id: "U05",
  level: "error",
  *check({ kv }) {
    if (kv.transfer.connector !== "ucm") return;
    for (const role of ["prefill", "decode"] as const) {
      const pipeline = kv.transfer.fields[role]["store_pipeline"];
      if (typeof pipeline !== "string" || !pipeline.split("|").every((stage) => forgetful.includes(stage))) continue;
      yield { at: [...kv.transfer.path, "store_pipeline"], subject: role, data: { pipeline } };
    }
  },
  message: ({ pipeline }) => `store_pipeline ${pipeline} keeps nothing, so decode would find no block`,
  remedy: () => "store_pipeline: Cache|Posix",
};

/** U07: the engine reads the file from its own directory, and takes the first store alone. Source: launch.md §3.8. */
export const u07: Rule<Topology, { what: string; remedy: string }> = {
  id: "U07",
  level: "error",
  *check(topology) {
    for (const { use, roles } of usesOf("ucm", topology)) {
      for (const role of roles) {
        const extra = use.fields[role]["extra"];
        const own = isRecord(extra) ? extra["UCM_CONFIG_FILE"] : undefined;
        if (typeof own === "string" && !own.startsWith("/"))
          yield {
            at: [...use.path, "extra", "UCM_CONFIG_FILE"],
            subject: role,
            data: {
              what: `UCM_CONFIG_FILE is ${own}, which depends on the directory the engine starts in`,
              remedy: "leave UCM_CONFIG_FILE out: pdctl writes the file and names it",
            },
          };
        const list = isRecord(extra) ? extra["ucm_connectors"] : undefined;
        if (Array.isArray(list) && list.length !== 1)
          yield {
            at: [...use.path, "extra", "ucm_connectors"],
            subject: role,
            data: {
              what: `ucm_connectors lists ${list.length} stores, and UCM takes exactly one`,
              remedy: "one entry; several directories go into storage_backends",
            },
          };
      }
    }
  },
  message: ({ what }) => what,
  remedy: ({ remedy }) => remedy,
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** U08: the older store still loads, and waits for events that it never gets. Source: launch.md §3.8. */
export const u08: Rule<Topology, { sync: boolean }> = {
  id: "U08",
  level: "warning",
  *check(topology) {
    for (const { use, roles } of usesOf("ucm", topology)) {
      for (const role of roles) {
        if (use.fields[role]["ucm_connector_name"] !== "UcmNfsStore") continue;
        yield {
          at: [...use.path, "ucm_connector_name"],
          subject: role,
          data: { sync: use.fields[role]["enable_event_sync"] !== false },
        };
      }
    }
  },
  message: ({ sync }) =>
    sync
      ? "UcmNfsStore does not work with enable_event_sync, and is the older store"
      : "UcmNfsStore is the older store",
  remedy: ({ sync }) => ["ucm_connector_name: UcmPipelineStore", ...(sync ? ["or enable_event_sync: false"] : [])],
};

/** U11: UCM has kernels for some accelerators. Source: launch.md §3.8, Platforms. */
export const u11: Rule<Topology, { instance: string; hardware: string }> = {
  id: "U11",
  level: "error",
  *check(topology) {
    for (const { use, roles } of usesOf("ucm", topology)) {
      for (const instance of topology.instances.filter(({ role }) => roles.includes(role))) {
        const hardware = hardwareOf(topology, instance);
        if (hardware === "rocm" || hardware === "gaudi")
          yield { at: [...use.path, "connector"], subject: instance.id, data: { instance: instance.id, hardware } };
      }
    }
  },
  message: ({ instance, hardware }) => `${instance} is on ${hardware}, which UCM does not support`,
  caret: () => "supports CUDA and Ascend",
  remedy: () => "kv.transfer.connector: nixl",
};
