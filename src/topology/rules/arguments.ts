import { flagName } from "../../engines/index.ts";
import type { Path, Rule } from "../rule.ts";
import type { Instance, Topology } from "../topology.ts";

/** C08: the model is the one positional; vLLM moves the value of --model to the front, which makes two. Source: launch.md §0, §10.8. */
export const c08: Rule<Topology, { word: string }> = {
  id: "C08",
  level: "error",
  *check({ instances }) {
    for (const { id, engine, path } of instances) {
      if (engine.args["model"] !== undefined)
        yield { at: [...path, "args", "model"], subject: id, data: { word: "--model" } };
      for (const [index, text] of engine.argv.entries())
        if (/^--model(=|$)/.test(text)) yield { at: [...path, "argv", index], subject: id, data: { word: "--model" } };
    }
  },
  message: ({ word }) => `${word} stands beside the model that pdctl writes as the positional`,
  caret: () => 'vLLM ends with "unrecognized arguments"',
  remedy: () => "model.path, in place of --model",
};

/** C09 in argv: words are passed on as they are, and vLLM lets dotted keys replace the JSON of the whole flag. Source: launch.md §0. */
export const c09: Rule<Topology, { name: string; dotted: string }> = {
  id: "C09",
  level: "warning",
  *check({ instances }) {
    for (const instance of instances)
      for (const { name, dotted, at } of dottedWords(instance))
        if (isWhole(instance, name)) yield { at, subject: instance.id, mark: "value", data: { name, dotted } };
  },
  message: ({ name, dotted }) => `${dotted} makes vLLM drop what --${name} says as a whole, silently`,
  remedy: ({ name }) => `args: { ${name}: { … } }, with both in it: pdctl merges them into one JSON`,
};

function* dottedWords({ engine, path }: Instance): Iterable<{ name: string; dotted: string; at: Path }> {
  for (const [index, text] of engine.argv.entries()) {
    const [dotted, flag = ""] = /^(--[A-Za-z][\w-]*)\.[^=]+/.exec(text) ?? [];
    const name = flagName(flag);
    if (dotted !== undefined && name !== undefined) yield { name, dotted, at: [...path, "argv", index] };
  }
}

const isWhole = ({ engine }: Instance, name: string): boolean =>
  engine.args[name] !== undefined ||
  engine.argv.some((text) => /^--?[^.=]+(=|$)/.test(text) && flagName(text.split("=")[0] ?? "") === name);
