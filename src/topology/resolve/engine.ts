import { releasesOfImage } from "../../engines/index.ts";
import { defined } from "../defined.ts";
import type { Finding, Path } from "../rule.ts";
import { engine } from "../shape/engine.ts";
import type { EngineChoice, Parallel } from "../topology.ts";
import { child, plainOf, type Tree } from "../tree/tree.ts";
import { ownKeysOnly } from "../validate/own-keys.ts";
import { argsOf } from "./args.ts";
import { mergeEngines, mergeEnvs } from "./layers.ts";
import { resolveRuntime } from "./runtime.ts";
import { textsOf } from "./texts.ts";

const PORT = 8100; // of both roles: claims of one name and base continue after each other

/** One instance's engine: the layers engine → role → instance merged, defaults filled in. */
export function resolveEngine(
  layers: readonly (Tree | undefined)[],
  path: Path,
): { readonly engine: EngineChoice; readonly findings: readonly Finding[] } | undefined {
  const merged = mergeEngines(layers);
  const parsed = engine.safeParse(merged === undefined ? {} : plainOf(merged, { keep: ownKeysOnly }));
  if (!parsed.success) return undefined; // each layer fits alone; what does not fit was said there
  const keys = parsed.data;
  const args = argsOf(child(merged, "args"), [...path, "args"]);
  const env = mergeEnvs(layers, [...path, "env"]);
  const { runtime, findings } = resolveRuntime(keys.runtime ?? {}, [...path, "runtime"]);
  const without = { args: args.without, env: env.without };
  const choice: EngineChoice = defined({
    kind: keys.kind ?? "vllm",
    ...releasesOf(versionsOf(child(merged, "versions")), runtime),
    command: keys.command === undefined ? undefined : textsOf(child(merged, "command")),
    venv: keys.venv,
    runtime,
    bind: keys.bind,
    port: keys.port ?? PORT,
    kvEventsPort: keys.kv_events_port,
    vllmPort: keys.vllm_port,
    kvLayout: keys.kv_layout,
    parallel: parallelOf(keys.parallel ?? {}),
    args: args.args,
    argv: textsOf(child(merged, "argv")),
    env: env.env,
    without: without.args.length + without.env.length > 0 ? without : undefined,
    prelude: keys.prelude,
  });
  return { engine: choice, findings };
}

/** A list of equal numbers is that number. */
function ranksPerNode(written: number | readonly number[] | undefined): Pick<Parallel, "dpLocal" | "dpShares"> {
  if (written === undefined) return {};
  if (typeof written === "number") return { dpLocal: written };
  const [first = 1] = written;
  return written.length > 1 && written.every((one) => one === first) ? { dpLocal: first } : { dpShares: written };
}

/** What is declared goes before what an image's tag says. */
function releasesOf(
  declared: EngineChoice["versions"],
  runtime: EngineChoice["runtime"],
): Pick<EngineChoice, "versions" | "imageTells"> {
  const told = "image" in runtime ? releasesOfImage(runtime.image) : {};
  const imageTells = Object.keys(told).filter((name) => declared?.[name] === undefined);
  if (imageTells.length === 0) return declared === undefined ? {} : { versions: declared };
  return { versions: { ...told, ...declared }, imageTells };
}

/** As written: 0.10 is not 0.1. */
function versionsOf(tree: Tree | undefined): EngineChoice["versions"] {
  if (tree?.kind !== "dict") return undefined;
  return Object.fromEntries(
    [...tree.entries].flatMap(([name, { value }]) => (value.kind === "scalar" ? [[name, value.text]] : [])),
  );
}

function parallelOf({
  tp = 1,
  pp = 1,
  pcp = 1,
  dcp = 1,
  dp = 1,
  ...keys
}: NonNullable<(typeof engine)["_output"]["parallel"]>): Parallel {
  return defined({
    tp,
    pp,
    pcp,
    dcp,
    dp,
    ...ranksPerNode(keys.dp_local),
    dpLb: keys.dp_lb,
    expertParallel: keys.expert_parallel,
    rpcPort: keys.rpc_port,
    masterPort: keys.master_port,
  });
}
