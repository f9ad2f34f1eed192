import { replacements } from "../../engines/drift.ts";
import { type Flag, flagName, flags, formsOf, releases } from "../../engines/flags.ts";
import type { Json } from "../../topology/topology.ts";
import type { Voice } from "../remark.ts";
import type { Field } from "../shell/text.ts";
import type { At } from "./engine.ts";

/** A command line taken apart: its flags by their own names, and what is no flag. */
export interface Line {
  readonly flags: ReadonlyMap<string, At<Json>>;
  readonly words: readonly Field[];
}

/** What one flag takes: the words behind it, and how they are read. */
type Shape = Pick<Flag, "kind" | "words" | "repeats" | "negatives">;

/** Reads `vllm serve …` with the flag table of its releases; a flag that no release has is said and left out. Source: flags.json. */
export function readFlags(fields: readonly Field[], voice: Voice): Line {
  const plain = new Map<string, At<Json>>();
  const dots = new Map<string, At<Json>>();
  const words: Field[] = [];
  for (let i = 0; i < fields.length; i += 1) {
    const word = fields[i];
    if (word === undefined) break;
    if (!/^--?[A-Za-z]/.test(word.text)) {
      words.push(word);
      continue;
    }
    const [written = "", ...glued] = word.text.split("=");
    const inline = word.text.includes("=") ? glued.join("=") : undefined;
    const [head = "", ...dotted] = written.split(".");
    const name = flagName(head);
    if (name === undefined) {
      const next = fields[i + 1];
      const taken = inline === undefined && next !== undefined && !next.text.startsWith("--") ? next : undefined;
      if (taken !== undefined) i += 1;
      voice.dropped(
        word.at,
        [word.text, ...(taken ? [taken.text] : [])].join(" "),
        "no release of vLLM that is known here has this flag",
      );
      continue;
    }
    const flag = flags.get(name) ?? { kind: "text" };
    const values: Field[] = [];
    if (inline !== undefined) values.push({ ...word, text: inline });
    else if (dotted.length > 0 || takes(flag))
      for (let next = fields[i + 1]; next !== undefined && !/^--[A-Za-z]/.test(next.text); next = fields[i + 1]) {
        values.push(next);
        i += 1;
        if (flag.words === undefined || flag.words === "?") break;
      }
    const gone = removed(name, values, voice, word);
    if (gone) continue;
    const negative =
      (flag.negatives ?? []).some((each) => same(each, head)) || (same(`--no-${name}`, head) && name !== head);
    if (dotted.length > 0) {
      const value = nested(dotted, values[0]?.text ?? "true", dotted.at(-1)?.endsWith("+") === true);
      dots.set(name, { value: deep(dots.get(name)?.value, value), at: dots.get(name)?.at ?? word.at });
    } else {
      if (plain.has(name)) voice.changed(word.at, `--${name}`, "given before; the last one holds");
      plain.set(name, { value: read(flag, values, negative, voice, word), at: word.at });
    }
  }
  return { flags: joined(plain, dots, voice), words };
}

const takes = ({ kind }: Shape): boolean => kind !== "switch" && kind !== "negatable" && kind !== "help";
const same = (a: string, b: string): boolean => a.replaceAll("_", "-") === b.replaceAll("_", "-");

function removed(name: string, values: readonly Field[], voice: Voice, { at, text }: Field): boolean {
  const newest = releases.at(-1);
  if (formsOf(name, newest).length > 0) return false;
  const until = flags.get(name)?.until;
  const instead = replacements[name];
  const why = `vLLM ${until ?? ""} was the last that has it${instead === undefined ? "" : `; --${instead} does its work`}`;
  voice.fault(at, [text, ...values.map((each) => each.text)].join(" "), why, "not carried over");
  return true;
}

function read(flag: Shape, values: readonly Field[], negative: boolean, voice: Voice, { at, text }: Field): Json {
  if (values.length === 0) return !negative;
  const texts = values.map((each) => each.text);
  const [first = ""] = texts;
  const bare = unquoted(first);
  if (bare !== first && texts.length === 1) {
    voice.fault(
      at,
      text,
      "quotes inside a variable reach vLLM as characters, and the JSON is refused; it becomes one argument",
    );
    return parsed(bare) ?? bare;
  }
  if (flag.words !== undefined && flag.words !== "?") return texts;
  if (["json", "object", "text-or-object"].includes(flag.kind)) return parsed(first) ?? first;
  return first;
}

/** `'{…}'` and `"…"` as they come out of an unquoted variable. */
const unquoted = (text: string): string => /^'(.*)'$/s.exec(text)?.[1]?.replaceAll('\\"', '"') ?? text;

/** A map or list; undefined: it is neither. */
export function parsed(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // the text stays as it is, and whoever wanted a map says so
  }
}

/** `a.b.c value` as the map that it means; `+` makes a list of it, at commas. */
function nested(path: readonly string[], text: string, list: boolean): Json {
  const leaf: Json = list ? text.split(",") : scalar(text);
  return path.reduceRight<Json>((inner, key) => ({ [key.replace(/\+$/, "")]: inner }), leaf);
}

const scalar = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text; // a word, not JSON
  }
};

/** A flag as JSON and in dotted form is one map; vLLM would keep one of the two. */
function joined(plain: ReadonlyMap<string, At<Json>>, dotted: ReadonlyMap<string, At<Json>>, voice: Voice) {
  const all = new Map(plain);
  for (const [name, { value, at }] of dotted) {
    const other = plain.get(name);
    if (other !== undefined)
      voice.fault(
        other.at,
        `--${name}`,
        "beside its dotted form vLLM keeps one of the two and says nothing; here they are one map",
      );
    all.set(name, { value: other === undefined ? value : deep(value, other.value), at });
  }
  return all;
}

type Dict = Readonly<Record<string, Json>>;
export const isMap = (value: unknown): value is Dict =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The second over the first; maps are merged, everything else is replaced. */
export function deep(first: Json | undefined, second: Json): Json {
  if (!isMap(first) || !isMap(second)) return second;
  const merged: Record<string, Json> = { ...first };
  for (const [key, value] of Object.entries(second)) merged[key] = deep(first[key], value);
  return merged;
}
