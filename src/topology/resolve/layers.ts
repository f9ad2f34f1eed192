import type { Path } from "../rule.ts";
import { portPins } from "../shape/engine.ts";
import type { Env } from "../topology.ts";
import { child, type Dict, dictOf, mergeTrees, type Tree } from "../tree/tree.ts";
import { composeEnv, envOf } from "./env.ts";

/** Keys of a role or instance that are not engine keys. */
const PLACEMENT: readonly string[] = ["name", "nodes", "count", "instances", "devices", "placement", ...portPins];

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

/** As trees merge, but an image in the place of a container (or the reverse) and a runtime of another kind leave no inherited key. */
function mergeOne(base: Tree | undefined, over: Dict): Tree {
  const [below, above] = [child(base, "runtime"), child(over, "runtime")];
  if (base?.kind !== "dict" || below?.kind !== "dict" || above?.kind !== "dict") return mergeTrees(base, over);
  const [kindBelow = "process", kind = kindBelow] = [kindOf(below), kindOf(above)];
  const swaps = ["image", "container"].some(
    (key) => child(above, key) !== undefined && child(below, key) === undefined,
  );
  const kept = kind !== kindBelow ? [] : swaps ? ["kind"] : [...below.entries.keys()];
  const rest = dictOf(
    [...below.entries].filter(([key]) => kept.includes(key)),
    below.at,
  );
  const entry = base.entries.get("runtime");
  const entries = new Map(base.entries);
  if (entry !== undefined) entries.set("runtime", { key: entry.key, value: rest });
  return mergeTrees(dictOf(entries, base.at), over);
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
