/** What was seen of an engine, with everything that differs from run to run masked: comparable with what was seen of another. */
export type Seen = null | boolean | number | string | undefined | readonly Seen[] | { readonly [key: string]: Seen };

export interface Difference {
  /** Keys and positions from the top, joined with dots; "" is the whole. */
  readonly at: string;
  readonly real: Seen;
  readonly standIn: Seen;
}

/** Every place in which the two are not the same, as deep as it goes. `undefined` is "not there". */
export function differences(real: Seen, standIn: Seen, at: readonly string[] = []): readonly Difference[] {
  if (isList(real) && isList(standIn)) {
    const longer = real.length > standIn.length ? real : standIn;
    return longer.flatMap((_, index) => differences(real[index], standIn[index], [...at, String(index)]));
  }
  if (isMap(real) && isMap(standIn)) {
    const keys = new Set([...Object.keys(real), ...Object.keys(standIn)]);
    return [...keys].flatMap((key) => differences(real[key], standIn[key], [...at, key]));
  }
  return Object.is(real, standIn) ? [] : [{ at: at.join("."), real, standIn }];
}

const isList = (seen: Seen): seen is readonly Seen[] => Array.isArray(seen);
const isMap = (seen: Seen): seen is { readonly [key: string]: Seen } =>
  typeof seen === "object" && seen !== null && !Array.isArray(seen);

/** Each once, in the order of their letters. */
export const sorted = (words: Iterable<string>): readonly string[] =>
  [...new Set(words)].sort((a, b) => (a < b ? -1 : 1));
