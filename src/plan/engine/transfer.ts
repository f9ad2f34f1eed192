import type { EmitContext, Emitted } from "../../connectors/connector.ts";
import type { Env } from "../../topology/topology.ts";
import { contentFile, fileName, fileText, resolveFiles } from "../files.ts";
import type { PlanFile } from "../plan.ts";
import type { EnvLayer } from "../seats/layers.ts";
import type { Use } from "../seats/uses.ts";

/** What the connectors of one engine become: one KVTransferConfig, their variables and files. */
export interface Transfer {
  readonly kv: { readonly json: string; readonly from: string; readonly why: string } | undefined;
  readonly layers: readonly EnvLayer[];
  readonly files: readonly PlanFile[];
}

type Context = Omit<EmitContext<unknown, string>, "fields" | "grants">;

/** Asks each connector of an engine, resolves the paths of its files, and joins two connectors into one MultiConnector. */
export function transfer(
  uses: readonly Use[],
  context: Context,
  grants: (use: Use) => Readonly<Record<string, { first: number; last: number }>>,
  stateDir: string,
): Transfer {
  const parts = uses.map((use) => {
    const emitted = use.connector.emit({ ...context, fields: use.fields, grants: grants(use) });
    const files = emitted.files.map((file) => contentFile(stateDir, file.name, fileText(file)));
    return { use, files, env: resolveEnv(emitted.env, files), kv: resolveFiles(emitted.kv, files) };
  });
  const configs = parts.flatMap(({ kv }) => (isRecord(kv) ? [kv] : []));
  return {
    kv:
      configs[0] === undefined
        ? undefined
        : {
            json: JSON.stringify(configs.length > 1 ? multi(configs) : configs[0]),
            from: uses[0]?.connector.name ?? "plan",
            why: uses.map(({ key }) => key).join(" + "),
          },
    layers: parts.map(({ use, env }) => ({ env, origin: () => ({ from: use.connector.name, why: use.key }) })),
    files: parts.flatMap(({ files }) => files),
  };
}

/** The first one's role is the whole's; what happens when a load fails is read at the top level only. Source: launch.md §3.7. */
function multi(configs: readonly Record<string, unknown>[]) {
  const policy = configs[0]?.kv_load_failure_policy;
  return {
    kv_connector: "MultiConnector",
    kv_role: configs[0]?.kv_role,
    ...(policy !== undefined && { kv_load_failure_policy: policy }),
    kv_connector_extra_config: {
      connectors: configs.map((config) =>
        Object.fromEntries(Object.entries(config).filter(([key]) => key !== "kv_load_failure_policy")),
      ),
    },
  };
}

function resolveEnv(env: Emitted["env"], files: readonly PlanFile[]): Env {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      if (typeof value === "string" || "prepend" in value) return [name, value];
      const wanted = fileName(value);
      return [name, files.find((file) => file.name === wanted)?.path ?? ""];
    }),
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
