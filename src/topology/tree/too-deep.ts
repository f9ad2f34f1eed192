const DEEPEST_BRACKETS = 1_000;
const INDICATORS = /^(?!\s*#).*?(?:(?:[-?:]|[&!*]\S{0,64})[ \t]+){64}/m;

/**
 * Where a text nests so deep that parsing it would take minutes or the stack; undefined for anything that a person writes.
 * Looks at brackets and indicators only, so it has to be generous; the tree's depth is limited more narrowly afterwards.
 */
export function tooDeepAt(text: string): number | undefined {
  let depth = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === "[" || bracket === "{" ? depth + 1 : Math.max(0, depth - 1);
    if (depth > DEEPEST_BRACKETS) return index;
  }
  return INDICATORS.exec(text)?.index;
}
