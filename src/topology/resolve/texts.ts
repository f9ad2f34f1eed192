import type { Tree } from "../tree/tree.ts";

/** A list of arguments as written (`1.10` stays `1.10`); a single text is a list of one. */
export function textsOf(tree: Tree | undefined): readonly string[] {
  if (tree === undefined) return [];
  if (tree.kind === "scalar") return [tree.text];
  return tree.kind === "list" ? tree.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : [])) : [];
}
