import { near } from "../../words/near.ts";
import { Draft } from "./draft.ts";
import { addLists } from "./engines.ts";
import { type Foreign, foreign } from "./foreign.ts";
import type { Option } from "./option.ts";
import { negatives, own } from "./own.ts";
import { addPolicies } from "./policies.ts";
import { type Said, splitWords } from "./said.ts";

const options: ReadonlyMap<string, Option> = new Map(
  [...own, ...negatives].flatMap((option) => option.names.map((name) => [name, option] as const)),
);

/** What the words after `pdctl proxy` ask for. All that is wrong with them is in `faults`; what they say for nothing is in `notes`. */
export function readFlags(words: readonly string[]): Draft {
  const draft = new Draft();
  const { said, stray } = splitWords(words);
  for (const word of stray) draft.faults.push(`${word}: a word that belongs to no flag`);
  const seen = new Set<Option>();
  for (const one of said) {
    const option = options.get(one.name);
    if (option !== undefined) applyOwn(draft, option, { said: one, isAgain: seen.size === seen.add(option).size });
    else applyOther(draft, one);
  }
  addLists(draft);
  addPolicies(draft);
  return draft;
}

function applyOwn(draft: Draft, option: Option, { said, isAgain }: { said: Said; isAgain: boolean }): void {
  const { name, values } = said;
  const lone = values.find((value) => /^\\?\s*$/.test(value));
  const dashed = name.length === 1 ? `-${name}` : `--${name}`;
  if (isAgain && option.repeats !== true) draft.faults.push(`${dashed}: it stands there twice`);
  else if (lone !== undefined)
    draft.faults.push(`${dashed}: an empty word; a line is carried on by a backslash with nothing behind it`);
  else if (values.length < option.least) draft.faults.push(`${dashed} needs a value: ${dashed} ${option.shows}`);
  else if (values.length > option.most)
    draft.faults.push(`${dashed}: ${values.slice(option.most).join(" ")} is too much; ${usageOf(dashed, option)}`);
  else option.apply(draft, values, dashed);
}

const usageOf = (dashed: string, { shows }: Option) =>
  shows === "" ? `${dashed} takes no value` : `write ${dashed} ${shows}`;

function applyOther(draft: Draft, { name, values }: Said): void {
  const dashed = name.length === 1 ? `-${name}` : `--${name}`;
  const other = foreign.get(name);
  if (other === undefined) draft.faults.push(`unknown option ${dashed}${meant(name)}`);
  else if ("refuses" in other) draft.faults.push(`${dashed} is another proxy's: ${other.refuses}`);
  else accept(draft, other, { dashed, values });
}

function accept(
  draft: Draft,
  { accepts, apply }: Extract<Foreign, { accepts: string }>,
  { dashed, values }: { dashed: string; values: readonly string[] },
): void {
  apply?.(draft, values[0] ?? "", dashed);
  if (accepts !== "") draft.notes.push(`${[dashed, ...values].join(" ")} changes nothing: ${accepts}`);
}

const meant = (name: string) => {
  const guess = near(name, options.keys());
  return guess === undefined ? "" : `; did you mean --${guess}?`;
};
