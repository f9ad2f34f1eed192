import { dotted, errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import type { Dict, Entry, Tree } from "../tree/tree.ts";
import { ownKeysOnly } from "./own-keys.ts";

/** Keys and dashes with nothing behind them: an error, never a removal. */
export function emptyValues(tree: Tree, path: Path = []): readonly Finding[] {
  if (tree.kind === "scalar") return [];
  if (tree.kind === "list") {
    return tree.items.flatMap((item, i) =>
      isEmpty(item) ? [emptyItem([...path, i])] : emptyValues(item, [...path, i]),
    );
  }
  return emptyKeys(tree, path);
}

function emptyKeys(dict: Dict, path: Path): readonly Finding[] {
  const findings: Finding[] = [];
  let last: Run | undefined; // a text that a comma in braces may have cut short
  for (const [key, entry] of dict.entries) {
    const at = [...path, key];
    if (!ownKeysOnly(at)) continue;
    if (isEmpty(entry.value) && last !== undefined && isCutOff(last.entry, entry)) {
      last = { ...last, cut: [...last.cut, key], entry };
      continue;
    }
    findings.push(...cutOff(path, last), ...(isEmpty(entry.value) ? [emptyKey(at)] : emptyValues(entry.value, at)));
    const { value } = entry;
    last = value.kind === "scalar" && value.form === "plain" ? { key, text: value.text, cut: [], entry } : undefined;
  }
  return [...findings, ...cutOff(path, last)];
}

/** A plain text, and the keys without a value that follow it: `{ A: x,y,z }` is one mistake. */
interface Run {
  readonly key: string;
  readonly text: string;
  readonly cut: readonly string[];
  readonly entry: Entry;
}

const isEmpty = (value: Tree): boolean => value.kind === "scalar" && value.form === "empty";

/** Nothing but a comma stands between them. */
function isCutOff(before: Entry, entry: Entry): boolean {
  const from = before.value.kind === "scalar" && before.value.form === "empty" ? before.key : before.value.at;
  return from.source === entry.key.source && /^\s*,\s*$/.test(from.source.text.slice(from.end, entry.key.start));
}

function cutOff(path: Path, run: Run | undefined): readonly Finding[] {
  const [first] = run?.cut ?? [];
  if (run === undefined || first === undefined) return [];
  const at = [...path, first];
  const remedy = `${run.key}: "${[run.text, ...run.cut].join(",")}"`;
  return [
    errorAt(at, "empty-value", `${dotted(at)} has no value`, {
      mark: "key",
      caret: "in braces a comma ends the value",
      remedy,
    }),
  ];
}

const emptyKey = (at: Path): Finding =>
  errorAt(at, "empty-value", `${dotted(at)} has no value`, {
    mark: "key",
    remedy: [`a value, or ${at.at(-1)}: null to take an inherited one out`, 'or "" for an empty text'],
  });

const emptyItem = (at: Path): Finding =>
  errorAt(at, "empty-value", `${dotted(at)} is empty`, { mark: "key", remedy: "an entry, or no dash" });
