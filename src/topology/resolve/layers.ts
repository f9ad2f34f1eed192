import type { Path } from "../rule.ts";
import type { Env } from "../topology.ts";
import { child, type Dict, dictOf, mergeTrees, type Tree } from "../tree.ts";
import { composeEnv, envOf } from "./env.ts";

/** Keys of a role or instance that are not engine keys. */
const PLACEMENT = ["name", "nodes", "count", "instances", "devices", "kv_port", "side_channel_port"];

/** The engine keys of layers, lowest first, as one map. */
export function mergeEngines(layers: readonly (Tree | undefined)[]): Dict | undefined {
  const merged = layers
    .flatMap((layer) => (layer?.kind === "dict" ? [engineKeys(layer)] : []))
    .reduce<Tree | undefined>(mergeOne, undefined);
  return merged?.kind === "dict" ? merged : undefined;
}

const engineKeys = (layer: Dict): Dict =>
  dictOf(
    [...layer.entries].filter(([key]) => !PLACEMENT.includes(key)),
    layer.at,
  );

/** As trees merge, but a runtime of another sort replaces the inherited one: an image and a container exclude each other. */
function mergeOne(base: Tree | undefined, over: Dict): Tree {
  const runtimes = [child(base, "runtime"), child(over, "runtime")];
  const [below, above] = runtimes.map((runtime) => (runtime?.kind === "dict" ? runtime : undefined));
  const replaces =
    above !== undefined &&
    below !== undefined &&
    ["image", "container"].some((key) => child(above, key) && !child(below, key));
  const ends =
    above !== undefined &&
    below !== undefined &&
    kindOf(above) !== undefined &&
    kindOf(above) !== (kindOf(below) ?? "process");
  if (base?.kind === "dict" && (replaces || ends))
    return mergeTrees(
      dictOf(
        [...base.entries].filter(([key]) => key !== "runtime"),
        base.at,
      ),
      over,
    );
  return mergeTrees(base, over);
}

function kindOf(runtime: Dict): string | undefined {
  const kind = child(runtime, "kind");
  return kind?.kind === "scalar" ? kind.text : undefined;
}

/** Variables of all layers, path lists composed; `without` is what stays taken out for the layers below. */
export function mergeEnvs(
  layers: readonly (Tree | undefined)[],
  at: Path,
): { readonly env: Env; readonly without: readonly string[] } {
  return layers
    .map((layer) => envOf(child(layer, "env"), at))
    .reduce<{ env: Env; without: readonly string[] }>(
      (below, { env, without }) => ({
        env: composeEnv(below.env, env, without),
        without: [...new Set([...below.without, ...without])],
      }),
      { env: {}, without: [] },
    );
}
