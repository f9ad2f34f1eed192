import type { Path, Rule } from "../rule.ts";
import type { Env, EnvValue, Topology } from "../topology.ts";

/** Every map of variables a user can write, with its place. */
export function* environments({ instances, nodes, proxy, services }: Topology): Iterable<{ env: Env; path: Path }> {
  for (const { engine, path } of instances) yield { env: engine.env, path: [...path, "env"] };
  for (const holder of [...nodes, proxy, ...services]) yield { env: holder.env, path: [...holder.path, "env"] };
}

export const texts = (value: EnvValue): readonly string[] =>
  typeof value === "string" ? [value] : [...value.prepend, ...value.append];

/** S08: the node's shell has to be able to hold the name and the value. Source: launch.md §10.1. */
export const s08: Rule<Topology, { name: string; why: string; remedy: string }> = {
  id: "S08",
  level: "error",
  *check(topology) {
    for (const { env, path } of environments(topology)) {
      for (const [name, value] of Object.entries(env)) {
        const wrong = isName(name) ? holds(value) : NO_NAME;
        if (wrong !== undefined) yield { at: [...path, name], data: { name: JSON.stringify(name), ...wrong } };
      }
    }
  },
  message: ({ name, why }) => `${name} ${why}`,
  remedy: ({ remedy }) => remedy,
};

const NO_NAME = { why: "is not a name of a variable", remedy: "letters, digits and _, not starting with a digit" };
const isName = (text: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);

function holds(value: EnvValue): { why: string; remedy: string } | undefined {
  const all = texts(value).join("");
  if (all.includes("\0")) return { why: "holds a NUL, where every variable ends", remedy: "take the NUL out" };
  return all.includes("\n")
    ? { why: "holds a line break", remedy: "one line, or a file whose path the variable holds" }
    : undefined;
}
