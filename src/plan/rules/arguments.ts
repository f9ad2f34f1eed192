import {
  droppedVariable,
  type Flag,
  flagNames,
  flags,
  formsOf,
  history,
  type Refusal,
  refusal,
  releaseOf,
  releases,
  replacements,
} from "../../engines/index.ts";
import { near } from "../../topology/near.ts";
import type { AnyRule, Level, Path, Rule } from "../../topology/rule.ts";
import type { ArgValue, Instance, Topology } from "../../topology/topology.ts";

/** What the user wrote for the engines, and the releases that each instance runs with, as far as they are known. */
export interface Written {
  readonly topology: Topology;
  readonly versions: (instance: Instance) => Readonly<Record<string, string>>;
}

interface Argument {
  readonly instance: Instance;
  readonly at: Path;
  /** As written, without dashes, and the flag that it is a spelling of; undefined: no release has such a flag. */
  readonly key: string;
  readonly name: string | undefined;
  /** Undefined for a word of argv, which is passed on as it is. */
  readonly value: ArgValue | undefined;
  readonly vllm: string | undefined;
  /** What the flag may be in that release, or in any while it is not known; empty: it is not there. */
  readonly forms: readonly Flag[];
}

function* written({ topology, versions }: Written): Iterable<Argument> {
  for (const instance of topology.instances) {
    const { vllm } = versions(instance);
    const one = (at: Path, key: string, value?: ArgValue): Argument => {
      const names = flagNames(key);
      const forms = names.flatMap((name) => formsOf(name, vllm).flatMap((form) => spelled(form, name, key)));
      return { instance, at: [...instance.path, ...at], key, name: names[0], value, vllm, forms };
    };
    for (const [key, value] of Object.entries(instance.engine.args)) yield one(["args", key], key, value);
    for (const [index, text] of instance.engine.argv.entries()) {
      const [, key] = /^--([A-Za-z][\w-]*)/.exec(text) ?? [];
      if (key !== undefined) yield one(["argv", index], key.replaceAll("_", "-"));
    }
  }
}

/** A form as this spelling has it: a negative one takes no value. */
function spelled(form: Flag, name: string, key: string): readonly Flag[] {
  if (key === name || form.aliases?.includes(`--${key}`)) return [form];
  return form.negatives?.includes(`--${key}`) ? [{ kind: "switch" }] : [];
}

interface Absent {
  readonly key: string;
  readonly vllm: string | undefined;
  readonly why: string;
  readonly meant?: string;
  readonly remedy: string;
}

/** C07, flags: what this release of vLLM has not, whose parser would end the engine. Source: launch.md §10.8, the parsers. */
export const c07: Rule<Written, Absent> = {
  id: "C07",
  level: "error",
  *check(subject) {
    for (const argument of written(subject)) {
      const { instance, at, key, name, value, vllm, forms } = argument;
      if (name === undefined && value === undefined) continue; // argv is for what pdctl does not know
      if (forms.length === 0) {
        const meant = name === undefined ? near(key, flags.keys()) : undefined;
        const data = {
          key,
          vllm,
          ...absence(name, key, vllm),
          ...(meant !== undefined && { meant, remedy: `${meant}: ${textOf(value ?? "…")}` }),
        };
        yield { at, subject: instance.id, mark: "key", level: levelOf(name, vllm), data };
      } else if (releaseOf(vllm) === undefined && forms.every(({ until }) => until !== undefined)) {
        const data = { key, vllm, ...absence(name, key, releases.at(-1)) };
        yield { at, subject: instance.id, mark: "key", level: "note", data };
      }
    }
  },
  message: ({ key, vllm, why }) => `vLLM${vllm === undefined ? "" : ` ${vllm}`} has no --${key}${why}`,
  caret: ({ meant }) => (meant === undefined ? "the engine would end here" : `did you mean ${meant}?`),
  remedy: ({ remedy }) => remedy,
};

/** Of a release that is later than the table one cannot say what is new there. */
const levelOf = (name: string | undefined, vllm: string | undefined): Level =>
  name === undefined && vllm !== undefined && releaseOf(vllm) === undefined ? "warning" : "error";

function absence(name: string | undefined, key: string, vllm: string | undefined): { why: string; remedy: string } {
  const verbatim = `argv: [--${key}, …], when it is there all the same: those words are passed on as they are`;
  const forms = name === undefined ? [] : (history.get(name) ?? []);
  const [first, last] = [forms[0], forms.at(-1)];
  if (name === undefined || first === undefined || last === undefined)
    return { why: `, nor had any release from ${releases[0]} to ${releases.at(-1)}`, remedy: verbatim };
  const at = releases.indexOf(releaseOf(vllm) ?? "");
  if (last.until !== undefined && releases.indexOf(last.until) < at)
    return { why: `: ${last.until} was the last that had it`, remedy: replaced(name) };
  if (first.since !== undefined && at < releases.indexOf(first.since))
    return {
      why: `: ${first.since} is the first that has it`,
      remedy: `take it out, or run vLLM ${first.since} or later`,
    };
  return { why: `, but --${name}`, remedy: name };
}

const replaced = (name: string): string =>
  replacements[name] === undefined ? "take it out" : `write --${replacements[name]} instead`;

interface Refused {
  readonly key: string;
  readonly vllm: string | undefined;
  readonly given: string;
  readonly refusal: Refusal;
}

/** C14: a value that the flag does not take in this release, or in any while the release is not known. Source: the parsers. */
export const c14: Rule<Written, Refused> = {
  id: "C14",
  level: "error",
  *check(subject) {
    for (const { instance, at, data } of refused(subject))
      if (data.refusal.json === undefined) yield { at, subject: instance.id, mark: "value", data };
  },
  message: ({ key, vllm, given }) => `--${key}${vllm === undefined ? "" : ` of vLLM ${vllm}`} does not take ${given}`,
  remedy: ({ key, refusal: { wants } }) => `${key}: ${wants}`,
};

/** C10: a text that has to be JSON and is not. Source: launch.md §10.8. */
export const c10: Rule<Written, Refused> = {
  id: "C10",
  level: "error",
  *check(subject) {
    for (const { instance, at, data } of refused(subject))
      if (data.refusal.json !== undefined) yield { at, subject: instance.id, mark: "value", data };
  },
  message: ({ key, refusal: { json } }) =>
    `${key} is not JSON: ${json?.expected} was expected at character ${(json?.at ?? 0) + 1}`,
  remedy: ({ key }) => `${key}: { … }, as a map: pdctl makes the JSON`,
};

function* refused(subject: Written): Iterable<{ instance: Instance; at: Path; data: Refused }> {
  for (const { instance, at, key, value, vllm, forms } of written(subject)) {
    if (value === undefined) continue;
    const refusals = forms.map((form) => refusal(key, form, value));
    const last = refusals.at(-1);
    if (last !== undefined && refusals.every((each) => each !== undefined))
      yield { instance, at, data: { key, vllm, given: textOf(value), refusal: last } };
  }
}

function textOf(value: ArgValue): string {
  const text = typeof value === "object" && "json" in value ? value.json : value;
  const line = typeof text === "string" ? text : JSON.stringify(text);
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}

/** C07, variables: what this release reads no more is left out, and said. Source: launch.md §12. */
export const c07Variables: Rule<Written, { name: string; vllm: string | undefined; replace: string | undefined }> = {
  id: "C07",
  level: "note",
  *check({ topology, versions }) {
    for (const instance of topology.instances) {
      const { vllm } = versions(instance);
      for (const name of Object.keys(instance.engine.env)) {
        const gone = droppedVariable(name, vllm);
        if (gone !== undefined)
          yield {
            at: [...instance.path, "env", name],
            subject: instance.id,
            data: { name, vllm, replace: gone.replace },
          };
      }
    }
  },
  message: ({ name, vllm }) => `${name} is left out: vLLM ${vllm} has no such variable any more`,
  remedy: ({ replace }) => (replace === undefined ? "take it out" : `write ${replace} instead`),
};

/** What can be judged once it is known, or declared, what an instance runs with. */
export const argumentRules: readonly AnyRule<Written>[] = [c07Variables, c07, c10, c14];
