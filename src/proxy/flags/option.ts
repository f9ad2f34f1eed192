import type { FamilyName } from "../config.ts";
import { settings } from "../settings/index.ts";
import type { Key, Topic } from "../settings/setting.ts";
import { usualOf } from "../settings/usual.ts";
import type { Draft } from "./draft.ts";

/** One flag that `pdctl proxy` has. */
export interface Option {
  /** Without dashes: the name that help shows, then other spellings of it. */
  readonly names: readonly [string, ...string[]];
  /** How many words it takes. */
  readonly least: number;
  readonly most: number;
  /** May stand on the command line more than once. */
  readonly repeats?: true;
  readonly topic: Topic | "named" | "call";
  /** The words, as help shows them. */
  readonly shows: string;
  readonly says: string;
  /** All values, where they are words. */
  readonly words?: readonly string[] | undefined;
  /** What holds without it. */
  readonly usual?: string | undefined;
  /** @param name the spelling that was used, with its dashes */
  readonly apply: (draft: Draft, values: readonly string[], name: string) => void;
}

/** The flag of one key of the config. */
export function optionOf(key: Key): Option {
  const { flags, takes, topic, says, check } = settings[key];
  const isSwitch = takes === undefined;
  return {
    names: flags,
    least: isSwitch ? 0 : 1,
    most: 1,
    topic,
    shows: takes ?? "",
    says,
    words: check.words,
    usual: usualOf(key),
    apply(draft, [word = "true"], name) {
      const value = check.from(word);
      if (check.is(value)) draft.keys.set(key, value);
      else draft.faults.push(`${name} ${word}: expected ${check.wanted ?? check.expects}${familyOf(key, word)}`);
    },
  };
}

/** A connector where its family was asked for. */
function familyOf(key: Key, word: string): string {
  const family = key === "family" ? FAMILY_OF.get(word.toLowerCase()) : undefined;
  return family === undefined ? "" : `; ${word} needs --family ${family}`;
}

const FAMILY_OF: ReadonlyMap<string, FamilyName> = new Map([
  ["nixl", "relay"],
  ["nixlconnector", "relay"],
  ["mooncake-ascend", "relay"],
  ["ucm", "shared-store"],
  ["ucmconnector", "shared-store"],
  ["lmcache", "shared-store"],
]);

/** `--no-NAME` of a switch. */
export function negative(option: Option): Option {
  const [name] = option.names;
  return { ...option, names: [`no-${name}`], most: 0, apply: (draft, _, said) => option.apply(draft, ["false"], said) };
}
