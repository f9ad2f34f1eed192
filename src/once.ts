/**
 * A pure function of one value that is never changed, worked out once per value: an index over a topology or plan that many rules look
 * into. What it remembers goes with the value.
 */
export function once<Subject extends object, Made>(make: (subject: Subject) => Made): (subject: Subject) => Made {
  const known = new WeakMap<Subject, { readonly made: Made }>();
  return (subject) => {
    const before = known.get(subject);
    if (before !== undefined) return before.made;
    const made = make(subject);
    known.set(subject, { made });
    return made;
  };
}

/** By a key, in the order of first appearance. */
export function grouped<Item, Key>(
  items: Iterable<Item>,
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The first of each key. */
export function firsts<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): ReadonlyMap<Key, Item> {
  const first = new Map<Key, Item>();
  for (const item of items) if (!first.has(keyOf(item))) first.set(keyOf(item), item);
  return first;
}

/**
 * Every left one with every right one, as far as they differ: what looks alike is not paired one by one. Each is in a pair with one of every
 * kind of the other side, so that a look at all pairs sees all combinations and all members, and a thousand alike cost a thousand.
 */
export function meetings<Item>(
  left: readonly Item[],
  right: readonly Item[],
  kindOf: (item: Item) => string,
): readonly (readonly [Item, Item])[] {
  const [lefts, rights] = [firsts(left, kindOf), firsts(right, kindOf)];
  const chosen = new Set(rights.values());
  return [
    ...left.flatMap((one) => [...rights.values()].map((other) => [one, other] as const)),
    ...right
      .filter((other) => !chosen.has(other))
      .flatMap((other) => [...lefts.values()].map((one) => [one, other] as const)),
  ];
}
