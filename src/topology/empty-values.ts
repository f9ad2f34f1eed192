import { dotted, errorAt } from "./finding.ts";
import { ownKeysOnly } from "./own-keys.ts";
import type { Finding, Path } from "./rule.ts";
import type { Dict, Entry, Tree } from "./tree.ts";

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
  let last: { key: string; text: string; entry: Entry } | undefined; // a text that a comma in braces may have cut short
  for (const [key, entry] of dict.entries) {
    const at = [...path, key];
    if (!ownKeysOnly(at)) continue;
    if (!isEmpty(entry.value)) {
      findings.push(...emptyValues(entry.value, at));
      last =
        entry.value.kind === "scalar" && entry.value.form === "plain"
          ? { key, text: entry.value.text, entry }
          : undefined;
    } else if (last !== undefined && isCutOff(last.entry, entry)) {
      last = { ...last, text: `${last.text},${key}`, entry };
      findings.push(cutOff(at, last));
    } else {
      findings.push(emptyKey(at));
      last = undefined;
    }
  }
  return lastOfEach(findings);
}

const isEmpty = (value: Tree): boolean => value.kind === "scalar" && value.form === "empty";

/** Nothing but a comma stands between them. */
function isCutOff(before: Entry, entry: Entry): boolean {
  const from = before.value.kind === "scalar" && before.value.form === "empty" ? before.key : before.value.at;
  return from.source === entry.key.source && /^\s*,\s*$/.test(from.source.text.slice(from.end, entry.key.start));
}

/** `{ A: x,y,z }` is one mistake: the finding that quotes the whole text stands for all. */
function lastOfEach(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding, i) => {
    const [text, next] = [finding.remedy[0] ?? "", findings[i + 1]?.remedy[0] ?? ""];
    return !(finding.code === "empty-value" && text.endsWith('"') && next.startsWith(`${text.slice(0, -1)},`));
  });
}

const cutOff = (at: Path, { key, text }: { key: string; text: string }): Finding =>
  errorAt(at, "empty-value", `${dotted(at)} has no value`, {
    mark: "key",
    caret: "in braces a comma ends the value",
    remedy: `${key}: "${text}"`,
  });

const emptyKey = (at: Path): Finding =>
  errorAt(at, "empty-value", `${dotted(at)} has no value`, {
    mark: "key",
    remedy: [`a value, or ${at.at(-1)}: null to take an inherited one out`, 'or "" for an empty text'],
  });

const emptyItem = (at: Path): Finding =>
  errorAt(at, "empty-value", `${dotted(at)} is empty`, { mark: "key", remedy: "an entry, or no dash" });
