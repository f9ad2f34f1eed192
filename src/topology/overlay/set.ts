import { dotted } from "../findings/finding.ts";
import { type Say, shown } from "../findings/remark.ts";
import type { Path } from "../rule.ts";
import { flagName, isArgs, normalise } from "../tree/normalise.ts";
import { readYaml } from "../tree/read-yaml.ts";
import { isReserved } from "../tree/reserved.ts";
import { type Place, type Source, sourceOf } from "../tree/source.ts";
import { type Dict, lookUp, mapOf, replaceAt, type Tree } from "../tree/tree.ts";
import type { Filled } from "./from-env.ts";

/** The values of an option as a text of their own, one per line: a diagnostic points into it as into a file. */
export const setSource = (option: "--set" | "--hosts", values: readonly string[]): Source =>
  sourceOf(option, "set", values.map((value) => value.replaceAll("\n", " ")).join("\n"));

/** The tree with every `--set PATH=VALUE` applied, in order. */
export function applySets(tree: Dict, source: Source, filled: Filled, say: Say): Dict {
  if (source.text === "") return tree;
  const places = source.lines.map((start, i) => ({
    source,
    start,
    end: (source.lines[i + 1] ?? source.text.length + 1) - 1,
  }));
  return normalise(
    places.reduce((before, place) => applySet(before, place, filled, say), tree),
    say,
  );
}

function applySet(tree: Dict, place: Place, filled: Filled, say: Say): Dict {
  const text = place.source.text.slice(place.start, place.end);
  const parsed = parsePath(text);
  if ("wrong" in parsed) {
    const at = { ...place, start: place.start + parsed.wrong };
    say({
      code: "set",
      title: `--set ${shown(text)} does not read as PATH=VALUE`,
      place: at,
      remedy: ["--set engine.port=9000, --set nodes[0].host=10.0.0.1, --set 'engine.env.\"A.B\"=1'"],
    });
    return tree;
  }
  const key = { ...place, end: place.start + parsed.length };
  const path = parsed.path.map((step, i) =>
    typeof step === "string" && isArgs(parsed.path.slice(0, i)) ? flagName(step) : step,
  );
  const blocked = blockedAt(tree, path);
  if (blocked !== undefined) {
    say({
      code: "set",
      title: `--set ${dotted(path)}: ${blocked}`,
      place: key,
      at: path,
      remedy: ["topologies/reference.yaml has all keys"],
    });
    return tree;
  }
  const value = readValue(place.source, { start: key.end + 1, end: place.end }, say);
  const replaced = value && replaceAt(tree, path, { key, value: filled.fillAt(value, path) });
  return replaced?.kind === "dict" ? replaced : tree;
}

/** A YAML scalar or flow value; undefined when something was said about it. An empty one is the loader's `empty-value`. */
function readValue(source: Source, range: { start: number; end: number }, say: Say): Tree | undefined {
  let refused = false;
  const value = readYaml(
    source,
    (remark) => {
      refused = true;
      say(remark);
    },
    range,
  );
  return (
    value ?? (refused ? undefined : { kind: "scalar", value: null, text: "", form: "empty", at: { source, ...range } })
  );
}

/** Why a path cannot be reached; keys that are merely not there yet are made, and judged by the schema. */
function blockedAt(tree: Tree, path: Path): string | undefined {
  if (path[0] === "extends") return "the files were read before";
  for (const [i, step] of path.entries()) {
    const found = lookUp(tree, path.slice(0, i))?.value;
    const before = mapOf(found) ?? found;
    const where = dotted(path.slice(0, i));
    if (before === undefined || (before.kind === "scalar" && before.value === null))
      return typeof step === "number" ? `${where} is not there` : undefined;
    if (before.kind === "scalar") return `${where} is ${shown(before.text)}, it has no keys`;
    if (before.kind === "list" && typeof step !== "number") return `${where} is a list; write ${where}[0].${step}`;
    if (before.kind === "dict" && typeof step === "number") return `${where} is no list`;
    if (before.kind === "list" && before.items[Number(step)] === undefined)
      return `${where} ends at [${before.items.length - 1}]`;
  }
  return undefined;
}

type ParsedPath = { readonly path: Path; readonly length: number } | { readonly wrong: number };

/** `a.b[0]."c.d"=…`: the steps, and where the `=` stands. */
function parsePath(text: string): ParsedPath {
  const path: (string | number)[] = [];
  const step =
    /(?:(?<first>^)|(?<dot>\.)|(?=\[))(?:(?<index>\[(?<number>\d{1,6})\])|"(?<quoted>(?:[^"\\]|\\.)+)"|(?<plain>[^.=[\]"\s]+))/y;
  while (text[step.lastIndex] !== "=") {
    const at = step.lastIndex;
    const found = step.exec(text)?.groups;
    if (found === undefined || (found.dot !== undefined && found.index !== undefined)) return { wrong: at };
    const { number, quoted, plain } = found;
    path.push(number !== undefined ? Number(number) : (quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? ""));
  }
  return path.length > 0 && !path.some((one) => isReserved(String(one)))
    ? { path, length: step.lastIndex }
    : { wrong: 0 };
}
