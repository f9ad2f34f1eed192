import {
  droppedVariable,
  type Flag,
  flags,
  history,
  type Refusal,
  refusal,
  releaseOf,
  releases,
  replacements,
} from "../../engines/index.ts";
import type { AnyRule, Hit, Level, Rule } from "../../topology/rule.ts";
import type { ArgValue } from "../../topology/topology.ts";
import { near } from "../../words/near.ts";
import { type Release, releasesOf, releaseText, type Written, written } from "./written.ts";

interface Absent extends Pick<Release, "vllm" | "on"> {
  readonly key: string;
  readonly why: string;
  readonly meant?: string;
  readonly remedy: string;
}

/** C07, flags: what this release of vLLM has not, whose parser would end the engine. Source: launch.md §10.8, the parsers. */
const c07: Rule<Written, Absent> = {
  id: "C07",
  level: "error",
  *check(subject) {
    for (const argument of written(subject)) {
      const { subject: who, at, key, name, value, verbatim, vllm, on, forms } = argument;
      if (name === undefined && verbatim) continue; // argv is for what pdctl does not know
      if (forms.length === 0) {
        const meant = name === undefined ? near(key, flags.keys()) : undefined;
        const data = {
          key,
          vllm,
          on,
          ...absence(name, key, vllm),
          ...(meant !== undefined && { meant, remedy: `${meant}: ${textOf(value ?? "…")}` }),
        };
        yield { at, subject: who, mark: "key", level: levelOf(name, vllm), data };
      } else if (releaseOf(vllm) === undefined && forms.every(({ until }) => until !== undefined)) {
        const data = { key, vllm, on, ...absence(name, key, releases.at(-1)) };
        yield { at, subject: who, mark: "key", level: "note", data };
      }
    }
  },
  message: ({ key, why, ...release }) => `vLLM${releaseText(release)} has no --${key}${why}`,
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

interface Refused extends Pick<Release, "vllm" | "on"> {
  readonly key: string;
  /** Undefined: nothing stands behind the flag. */
  readonly given: string | undefined;
  readonly refusal: Refusal;
  readonly verbatim: boolean;
}

/** C14: a value that the flag does not take in this release, or in any while the release is not known. Source: the parsers. */
const c14: Rule<Written, Refused> = {
  id: "C14",
  level: "error",
  *check(subject) {
    for (const hit of refused(subject)) if (hit.data.refusal.json === undefined) yield hit;
  },
  message: ({ key, given, ...release }) => {
    const flag = `--${key}${release.vllm === undefined ? "" : ` of vLLM${releaseText(release)}`}`;
    return given === undefined ? `${flag} stands without a value` : `${flag} does not take ${given}`;
  },
  remedy: ({ key, refusal: { wants }, verbatim }) => (verbatim ? `--${key} with ${wants}` : `${key}: ${wants}`),
};

/** C10: a text that has to be JSON and is not. Source: launch.md §10.8. */
const c10: Rule<Written, Refused> = {
  id: "C10",
  level: "error",
  *check(subject) {
    for (const hit of refused(subject)) if (hit.data.refusal.json !== undefined) yield hit;
  },
  message: ({ key, refusal: { json } }) =>
    `${key} is not JSON: ${json?.expected} was expected at character ${(json?.at ?? 0) + 1}`,
  remedy: ({ key, verbatim }) => `${verbatim ? "in args, " : ""}${key}: { … }, as a map: pdctl makes the JSON`,
};

/** Of what argv passes on as it is, pdctl warns only: the user may know better. */
function* refused(subject: Written): Iterable<Hit<Refused>> {
  for (const { subject: who, at, key, value, vllm, on, forms, verbatim } of written(subject)) {
    if (value === undefined) continue;
    const refusals = forms.map((form) => refusal(key, form, value));
    const last = refusals.at(-1);
    if (last === undefined || refusals.some((each) => each === undefined)) continue;
    const data = { key, vllm, on, refusal: last, verbatim, given: textOf(value) };
    if (!verbatim) yield { at, subject: who, mark: "value", data };
    else yield { at, subject: who, mark: "value", level: "warning", data: { ...data, ...asWords(value, last, forms) } };
  }
}

/** The same on a command line, where true is a flag with nothing behind it. */
function asWords(value: ArgValue, last: Refusal, forms: readonly Flag[]): Pick<Refused, "given" | "refusal"> {
  const alone = forms.every(({ kind }) => kind === "switch" || kind === "negatable");
  return {
    given: value === true ? undefined : textOf(value),
    refusal: alone ? { ...last, wants: "no value" } : last,
  };
}

function textOf(value: ArgValue): string {
  const text = typeof value === "object" && "json" in value ? value.json : value;
  const line = typeof text === "string" ? text : JSON.stringify(text);
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}

/** C07, variables: what this release reads no more is left out, and said. Source: launch.md §12. */
const c07Variables: Rule<Written, Pick<Release, "vllm" | "on"> & { name: string; replace: string | undefined }> = {
  id: "C07",
  level: "note",
  *check({ topology, versions }) {
    for (const instance of topology.instances)
      for (const { vllm, on, subject } of releasesOf(instance, versions))
        for (const name of Object.keys(instance.engine.env)) {
          const gone = droppedVariable(name, vllm);
          if (gone === undefined) continue;
          const data = { name, vllm, on, replace: gone.replace };
          yield { at: [...instance.path, "env", name], subject, data };
        }
  },
  message: ({ name, ...release }) => `${name} is left out: vLLM${releaseText(release)} has no such variable any more`,
  remedy: ({ replace }) => (replace === undefined ? "take it out" : `write ${replace} instead`),
};

/** What can be judged once it is known, or declared, what an instance runs with. */
export const argumentRules: readonly AnyRule<Written>[] = [c07Variables, c07, c10, c14];
