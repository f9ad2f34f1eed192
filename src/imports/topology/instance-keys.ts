import { connectors } from "../../connectors/index.ts";
import { removedVariables } from "../../engines/drift.ts";
import { managedEnv, managedFlags } from "../../engines/managed.ts";
import { hardware as allHardware } from "../../hardware/index.ts";
import type { Json } from "../../topology/topology.ts";
import type { At, Variable } from "../commands/engine.ts";
import type { Voice } from "../remark.ts";
import type { Placed } from "../setup.ts";
import type { Serving } from "./instances.ts";
import { some } from "./transfer.ts";
import { scalar } from "./yaml-text.ts";

type Dict = Readonly<Record<string, Json>>;

/** What a topology says of one instance: keys that may stand under engine, a role, or the instance. */
export function keysOf({ engines: [first, ...more], nodes }: Serving, hardware: string, voice: Voice): Dict {
  for (const other of more) agree(first, other, voice);
  return some({
    port: Math.min(...[first, ...more].filter(({ group }) => !group.headless).map(({ port }) => port.value)),
    bind: bind(first),
    kv_layout: first.layout?.value,
    runtime: first.runtime?.value,
    venv: first.venv,
    parallel: parallel([first, ...more], nodes),
    args: args(first, voice),
    env: env([first, ...more], hardware, voice),
  });
}

function bind({ host }: Placed): string | undefined {
  return host === undefined || host.value === "0.0.0.0" ? undefined : host.value.replace(/^localhost$/, "127.0.0.1");
}

/** Flags and variables of one group are written once: what differs is said. */
function agree(first: Placed, other: Placed, voice: Voice): void {
  for (const [name, { value, at }] of other.args)
    if (JSON.stringify(first.args.get(name)?.value) !== JSON.stringify(value))
      voice.changed(
        at,
        `--${name}`,
        `engines of one instance share their flags: line ${first.at.line} has the one that is taken`,
      );
  for (const [name, { value, at }] of other.env)
    if (JSON.stringify(first.env.get(name)?.value) !== JSON.stringify(value) && !managed(name))
      voice.dropped(at, name, "it differs within one instance: nodes[].env has a place for what differs by machine");
}

/** Whether all engines of the instance have the same. */
const common = (engines: readonly Placed[], name: string): boolean =>
  new Set(engines.map(({ env: own }) => JSON.stringify(own.get(name)?.value))).size === 1;

function parallel(engines: readonly Placed[], nodes: readonly string[]): Dict {
  const [first] = engines;
  if (first === undefined) return {};
  const { tp, pp, pcp, dcp, dp, dpLocal, rank, hybrid, external, rpcPort, expertParallel, nnodes, masterPort } =
    first.group;
  const shares = nodes.map((node) =>
    engines
      .filter((engine) => engine.node === node)
      .reduce((sum, { group }) => sum + (group.rank === undefined ? (group.dpLocal ?? dp) : 1), 0),
  );
  const even = shares.every((share) => share * nodes.length === dp);
  const mode =
    dp === 1
      ? undefined
      : external || rank !== undefined
        ? "external"
        : hybrid && (dpLocal ?? dp) < dp
          ? "hybrid"
          : "internal";
  return some({
    tp,
    pp: pp > 1 ? pp : undefined,
    pcp: pcp > 1 ? pcp : undefined,
    dcp: dcp > 1 ? dcp : undefined,
    dp: dp > 1 ? dp : undefined,
    dp_local: dp > 1 && !even ? [...shares] : undefined,
    dp_lb: mode,
    expert_parallel: expertParallel,
    rpc_port: dp > 1 ? rpcPort : undefined,
    master_port: nnodes > 1 ? masterPort : undefined,
  });
}

function args({ args: given }: Placed, voice: Voice): Dict {
  return Object.fromEntries(
    [...given].flatMap(([name, { value, at }]) => {
      const key = managedFlags.get(name);
      if (key === undefined) return [[name, typeof value === "string" ? scalar(value) : value] as const];
      voice.dropped(at, `--${name}`, `${key} decides it`);
      return [];
    }),
  );
}

const managed = (name: string): string | undefined =>
  managedEnv.get(name) ??
  [...connectors.values()].map(({ managedEnv: own }) => own?.get(name)).find((key) => key !== undefined);

/** Without what pdctl writes by itself for this hardware. */
function env(engines: readonly Placed[], name: string, voice: Voice): Dict {
  const given = engines[0]?.env ?? new Map<string, At<Variable>>();
  const own = allHardware.get(name)?.env ?? {};
  return Object.fromEntries(
    [...given].flatMap(([each, { value, at }]) => {
      if (SAID.has(each) || !common(engines, each)) return [];
      const key = managed(each);
      if (key !== undefined) {
        voice.changed(at, each, `pdctl writes it: ${key}`);
        return [];
      }
      if (covers(own[each], value)) {
        voice.kept(at, each, `pdctl writes it for ${name}`);
        return [];
      }
      const gone = removedVariables.find((variable) => variable.name === each);
      if (gone !== undefined)
        voice.fault(
          at,
          each,
          `vLLM reads it up to ${gone.until} only${gone.replace === undefined ? "" : `, then ${gone.replace}`}; pdctl drops it by the version of the node`,
          "kept",
        );
      return [[each, written(value)] as const];
    }),
  );
}

/** The connector has spoken of them. */
const SAID = new Set(["VLLM_NIXL_ABORT_REQUEST_TIMEOUT", "MOONCAKE_CONFIG_PATH"]);

type Own = string | { readonly prepend: readonly string[]; readonly append: readonly string[] } | undefined;

const covers = (own: Own, value: Variable): boolean =>
  typeof own === "string" || typeof value === "string"
    ? own === value
    : own !== undefined &&
      (value.prepend ?? []).every((part) => own.prepend.includes(part)) &&
      (value.append ?? []).every((part) => own.append.includes(part));

const written = (value: Variable): Json =>
  typeof value === "string"
    ? scalar(value)
    : some({ prepend: value.prepend && [...value.prepend], append: value.append && [...value.append] });
