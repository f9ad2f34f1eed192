import { type Say, shown } from "../findings/remark.ts";
import type { Filled } from "../overlay/from-env.ts";
import { decode } from "./decode.ts";
import { normalise } from "./normalise.ts";
import { readYaml } from "./read-yaml.ts";
import { type Source, sourceOf } from "./source.ts";
import { tooDeepAt } from "./too-deep.ts";
import type { Dict, Tree } from "./tree.ts";

/** One file's text and its keys. No tree: something was said about why. */
export function readFile(
  path: string,
  bytes: Uint8Array,
  filled: Filled,
  say: Say,
): { readonly source: Source; readonly tree: Dict | undefined } {
  const source = decode(path, bytes, say);
  if (source === undefined) return { source: sourceOf(path, "file", ""), tree: undefined };
  return { source, tree: asMap(parse(source, say), source, filled, say) };
}

type Parsed = { readonly tree: Tree | undefined } | "refused";

function parse(source: Source, say: Say): Parsed {
  const deep = tooDeepAt(source.text);
  if (deep !== undefined) {
    const place = { source, start: deep, end: deep + 1 };
    say({
      code: "limits",
      title: "the file is nested too deep",
      place,
      remedy: ["a topology needs ten levels at most"],
    });
    return "refused";
  }
  let refused = false;
  const tree = readYaml(source, (remark) => {
    refused = true;
    say(remark);
  });
  return tree === undefined && refused ? "refused" : { tree };
}

function asMap(parsed: Parsed, source: Source, filled: Filled, say: Say): Dict | undefined {
  if (parsed === "refused") return undefined;
  const { tree } = parsed;
  if (tree === undefined || (tree.kind === "scalar" && tree.value === null)) {
    const remedy = ["pdctl init writes a topology; topologies/local.yaml is a small one"];
    say({ code: "empty-file", title: "the file holds no topology", place: { source, start: 0, end: 0 }, remedy });
    return undefined;
  }
  if (tree.kind === "dict") return normalise(filled.fill(tree), say);
  const what = tree.kind === "list" ? "a list" : `the text ${shown(tree.text)}`;
  const remedy = ["keys: version, name, model, nodes, kv, engine, prefill, decode, proxy"];
  say({ code: "type", title: `the topology is ${what}; a map belongs there`, place: tree.at, remedy });
  return undefined;
}
