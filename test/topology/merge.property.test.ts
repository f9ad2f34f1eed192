import fc from "fast-check";
import { expect, it } from "vitest";
import { readYaml } from "../../src/topology/tree/read-yaml.ts";
import { sourceOf } from "../../src/topology/tree/source.ts";
import { lookUp, mergeTrees, type Plain, plainOf, type Tree } from "../../src/topology/tree/tree.ts";

const key = fc.constantFrom("a", "b", "c");
const { map } = fc.letrec<{ map: Record<string, unknown>; value: unknown }>((tie) => ({
  map: fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(1, "x", true, null),
    fc.array(fc.nat(3), { maxLength: 2 }),
    tie("map"),
  ),
}));

/** JSON is YAML: the tree of a file that holds this value. */
function treeOf(value: unknown): Tree {
  const tree = readYaml(sourceOf("t.yaml", "file", JSON.stringify(value)), ({ title }) => {
    throw new Error(title);
  });
  if (tree === undefined) throw new Error("empty");
  return tree;
}

/** Paths of everything that is no map with keys in it. */
function leaves(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  const entries = Object.entries(value);
  return entries.length === 0 ? [] : entries.flatMap(([name, inner]) => leaves(inner, [...path, name]));
}

const at = (tree: Tree, path: readonly string[]): Plain | undefined => {
  const found = lookUp(tree, path)?.value;
  return found && plainOf(found);
};

it("whatever the upper file writes holds, nulls too", () => {
  fc.assert(
    fc.property(map, map, (low, high) => {
      const merged = mergeTrees(treeOf(low), treeOf(high));
      for (const path of leaves(high)) expect(at(merged, path)).toEqual(at(treeOf(high), path));
    }),
  );
});

it("what the upper file does not touch stays as the lower one has it", () => {
  fc.assert(
    fc.property(map, map, (low, high) => {
      const merged = mergeTrees(treeOf(low), treeOf(high));
      for (const path of leaves(low)) {
        const touched =
          path.some((_, length) => leaves(high).some((other) => other.join() === path.slice(0, length + 1).join())) ||
          lookUp(treeOf(high), path) !== undefined;
        if (!touched) expect(at(merged, path)).toEqual(at(treeOf(low), path));
      }
    }),
  );
});

it("a file over itself is itself, and every place is of the upper one", () => {
  fc.assert(
    fc.property(map, (value) => {
      const [low, high] = [treeOf(value), treeOf(value)];
      const merged = mergeTrees(low, high);
      expect(plainOf(merged)).toEqual(plainOf(high));
      for (const path of leaves(value))
        expect(lookUp(merged, path)?.value.at.source).toBe(lookUp(high, path)?.value.at.source);
    }),
  );
});
