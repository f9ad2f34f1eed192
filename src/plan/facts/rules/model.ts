import type { Rule } from "../../../topology/rule.ts";
import { folded } from "../../../words/names.ts";
import { isOnHost } from "../../seats/container.ts";
import type { Judged } from "../judged.ts";
import { answers } from "./answers.ts";

/** M02: a model given as a path is there on every node that runs an engine, whole, and the same. Source: launch.md §10.4, §5.1. */
export const m02: Rule<Judged, { title: string; remedy: string }> = {
  id: "M02",
  level: "error",
  *check(judged) {
    const { path } = judged.plan.model;
    const all = answers(judged).filter(({ engines }) => engines.some(isOnHost));
    for (const { node, said } of all) {
      const { missing = [] } = said.model ?? {};
      const wrong = said.paths[path] === false ? lacks(node.name, path) : incomplete(node.name, path, missing);
      if (wrong !== undefined) yield { at: ["model"], subject: node.name, data: wrong };
    }
    const differs = difference(
      all.flatMap(({ node, said: { model } }) => (model ? [[node.name, model]] : [])),
      path,
    );
    if (differs !== undefined) yield { at: ["model"], data: differs };
  },
  message: ({ title }) => title,
  remedy: ({ remedy }) => remedy,
};

interface Said {
  readonly title: string;
  readonly remedy: string;
}

const lacks = (node: string, path: string): Said => ({
  title: `${node} has no ${path}`,
  remedy: `put the model at ${path} on every node that runs an engine, or change model.path`,
});

function incomplete(node: string, path: string, missing: readonly string[]): Said | undefined {
  const [first] = missing;
  if (first === undefined) return undefined;
  const rest = missing.length === 1 ? "" : ` and ${missing.length - 1} more`;
  return { title: `${node} lacks ${first}${rest} in ${path}`, remedy: `copy what is missing to ${path} on ${node}` };
}

type Model = { readonly digest: string; readonly indexDigest?: string };

/** The first of the two files that is not the same everywhere. */
function difference(models: readonly (readonly [string, Model])[], path: string): Said | undefined {
  const files: readonly [string, (model: Model) => string | undefined][] = [
    ["config.json", ({ digest }) => digest],
    ["model.safetensors.index.json", ({ indexDigest }) => indexDigest],
  ];
  for (const [file, digest] of files) {
    const found = new Map<string, string[]>();
    for (const [node, model] of models) {
      const sum = digest(model) ?? "none";
      found.set(sum, [...(found.get(sum) ?? []), node]);
    }
    const [most, ...others] = [...found].toSorted(([, a], [, b]) => b.length - a.length);
    if (most === undefined || others.length === 0) continue;
    const text = [most, ...others].map(([sum, nodes]) => `${folded(nodes)} ${short(sum)}`).join("; ");
    const odd = folded(others.flatMap(([, nodes]) => nodes));
    return {
      title: `${path} differs: ${file} is ${text}`,
      remedy: `copy ${file}, and what it names, from ${most[1][0]} to ${odd}`,
    };
  }
  return undefined;
}

const short = (sum: string) => (sum === "none" ? "absent" : `sha256 ${sum.slice(0, 4)}…${sum.slice(-4)}`);
