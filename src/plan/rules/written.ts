import { type Flag, flagNames, formsOf } from "../../engines/index.ts";
import type { Path } from "../../topology/rule.ts";
import type { ArgValue, Instance, Topology } from "../../topology/topology.ts";
import { folded } from "../../words/names.ts";

/** What the user wrote for the engines, and the releases that each instance runs with on a node of its own, as far as they are known. */
export interface Written {
  readonly topology: Topology;
  readonly versions: (instance: Instance, node: string) => Readonly<Record<string, string>>;
}

/** A release of vLLM that an instance runs with. */
export interface Release {
  readonly vllm: string | undefined;
  /** ` on a2-2`, where others of its nodes have another release; else empty. */
  readonly on: string;
  readonly subject: string;
}

export function releasesOf(instance: Instance, versions: Written["versions"]): readonly Release[] {
  const byRelease = new Map<string | undefined, string[]>();
  for (const node of instance.nodes) {
    const { vllm } = versions(instance, node);
    byRelease.set(vllm, [...(byRelease.get(vllm) ?? []), node]);
  }
  return [...byRelease].map(([vllm, nodes]) => {
    const on = byRelease.size === 1 ? "" : ` on ${folded(nodes)}`;
    return { vllm, on, subject: `${instance.id}${on}` };
  });
}

/** ` 0.11.0 on a2-2`, behind the name of vLLM. */
export const releaseText = ({ vllm, on }: Pick<Release, "vllm" | "on">): string =>
  vllm === undefined ? on : ` ${vllm}${on}`;

export interface Argument extends Release {
  readonly at: Path;
  /** As written, without dashes, and the flag that it is a spelling of; undefined: no release has such a flag. */
  readonly key: string;
  readonly name: string | undefined;
  /** Undefined for a key inside a flag's JSON, which argv may write with a dot. */
  readonly value: ArgValue | undefined;
  /** A word of argv, which is passed on as it is. */
  readonly verbatim: boolean;
  /** What the flag may be in that release, or in any while it is not known; empty: it is not there. */
  readonly forms: readonly Flag[];
}

/** Every flag that the user wrote, once for each release that its instance runs with. */
export function* written({ topology, versions }: Written): Iterable<Argument> {
  for (const instance of topology.instances)
    for (const release of releasesOf(instance, versions))
      for (const { at, key, verbatim, value } of flagsOf(instance)) {
        const names = flagNames(key);
        const forms = names.flatMap((name) => formsOf(name, release.vllm).flatMap((form) => spelled(form, name, key)));
        const given = typeof value === "function" ? value(forms) : value;
        yield { ...release, at: [...instance.path, ...at], key, name: names[0], value: given, verbatim, forms };
      }
}

interface FlagWritten {
  readonly at: Path;
  readonly key: string;
  readonly verbatim: boolean;
  /** How many of the words behind a flag are its own depends on what the flag takes. */
  readonly value: ArgValue | undefined | ((forms: readonly Flag[]) => ArgValue);
}

function* flagsOf({ engine: { args, argv } }: Instance): Iterable<FlagWritten> {
  for (const [key, value] of Object.entries(args)) yield { at: ["args", key], key, verbatim: false, value };
  for (const [index, text] of argv.entries()) {
    const [, key, rest = ""] = /^--([A-Za-z][\w-]*)(.*)$/s.exec(text) ?? [];
    if (key === undefined) continue;
    const word = { at: ["argv", index], key: key.replaceAll("_", "-"), verbatim: true };
    if (rest.startsWith(".")) yield { ...word, value: undefined };
    else if (rest.startsWith("=")) yield { ...word, value: rest.slice(1) };
    else yield { ...word, value: (forms) => behind(argv.slice(index + 1), forms) };
  }
}

/** The words up to the next flag: all of them where the flag takes several, one where it takes one. */
function behind(rest: readonly string[], forms: readonly Flag[]): ArgValue {
  const end = rest.findIndex((word) => /^--?[A-Za-z]/.test(word));
  const own = end < 0 ? rest : rest.slice(0, end);
  const [first] = own;
  if (first === undefined) return true;
  return forms.some(({ words }) => words === "+" || words === "*") ? own : first;
}

/** A form as this spelling has it: a negative one takes no value. */
function spelled(form: Flag, name: string, key: string): readonly Flag[] {
  if (key === name || form.aliases?.includes(`--${key}`)) return [form];
  return form.negatives?.includes(`--${key}`) ? [{ kind: "switch" }] : [];
}
