import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type YAMLMap,
  type Scalar as YamlScalar,
} from "yaml";
import { type Say, shown } from "../findings/remark.ts";
import { isReserved } from "./reserved.ts";
import type { Place, Source } from "./source.ts";
import { type Dict, dictOf, type Entry, type Scalar, type Tree } from "./tree.ts";

const MOST_PARTS = 200_000; // of the tree with every alias written out: what a YAML bomb multiplies
const DEEPEST = 64;
const LONGEST = 64 * 1024; // the kernel takes 128 KiB for one argument or variable

/** Turns the nodes of one YAML document into a tree; says what it refuses, and goes on where it can. */
export class TreeReader {
  stopped = false;
  readonly #source: Source;
  readonly #say: Say;
  readonly #shift: number;
  readonly #anchors = new Map<string, { tree: Tree; parts: number } | "open">();
  #parts = 0;

  constructor(source: Source, say: Say, shift: number) {
    this.#source = source;
    this.#say = say;
    this.#shift = shift;
  }

  read(node: Node, depth: number): Tree {
    if (depth > DEEPEST) return this.#stop(node, `is more than ${DEEPEST} levels deep`);
    if (isAlias(node)) return this.#follow(node, depth);
    const before = this.#parts;
    if (++this.#parts > MOST_PARTS) return this.#stop(node, `has more than ${MOST_PARTS} values, aliases written out`);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const tree = this.#convert(node, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, { tree, parts: this.#parts - before });
    return tree;
  }

  #convert(node: Node, depth: number): Tree {
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) {
      const items: Tree[] = [];
      for (const item of node.items) {
        if (this.stopped) break;
        items.push(isNode(item) ? this.read(item, depth + 1) : emptyAt(this.#place(node)));
      }
      return { kind: "list", items, at: this.#place(node) };
    }
    return isScalar(node) ? this.#scalar(node) : nullAt(this.#place(node));
  }

  #scalar(node: YamlScalar): Scalar {
    const { value } = node;
    const at = this.#place(node);
    const plain = node.type === "PLAIN";
    const text = typeof value === "string" ? value : (node.source ?? String(value));
    const form = plain && text === "" ? "empty" : plain ? "plain" : "quoted";
    this.#checkText(text, at);
    if (typeof value === "string" || typeof value === "boolean" || value === null)
      return { kind: "scalar", value, text, form, at };
    return { kind: "scalar", value: Number(value), text, form, at };
  }

  #map(node: YAMLMap, depth: number): Dict {
    const own = new Map<string, Entry>();
    const merged: Dict[] = [];
    for (const pair of node.items) {
      if (this.stopped) break;
      if (!isPair(pair) || !isScalar(pair.key)) {
        const place = isNode(pair.key) ? this.#place(pair.key) : this.#place(node);
        this.#say({
          code: "type",
          title: "a key is a list or a map",
          place,
          remedy: ["a key is a text"],
        });
        continue;
      }
      const at = this.#place(pair.key);
      const key = pair.key.source ?? String(pair.key.value);
      const value = isNode(pair.value) ? this.read(pair.value, depth + 1) : emptyAt(at);
      if (key === "<<" && pair.key.type === "PLAIN") merged.push(...this.#merged(value));
      else if (this.#isGoodKey(key, own, at)) own.set(key, { key: at, value });
    }
    const at = this.#place(node);
    if (merged.length === 0) return dictOf(own, at);
    const entries = new Map<string, Entry>();
    for (const dict of merged) for (const [key, entry] of dict.entries) if (!entries.has(key)) entries.set(key, entry);
    this.#parts += entries.size;
    return dictOf([...entries, ...own], at);
  }

  #isGoodKey(key: string, own: ReadonlyMap<string, Entry>, place: Place): boolean {
    this.#checkText(key, place);
    if (isReserved(key))
      this.#say({ code: "name", title: `${shown(key)} cannot be a key`, place, remedy: ["another name"] });
    else if (own.has(key))
      this.#say({
        code: "duplicate-key",
        title: `key ${shown(key)} was written twice in one map`,
        place,
        remedy: ["keep one of them"],
      });
    else return true;
    return false;
  }

  #merged(value: Tree): readonly Dict[] {
    const parts = value.kind === "list" ? value.items : [value];
    const dicts = parts.filter((part) => part.kind === "dict");
    if (value.kind === "scalar" && value.form === "plain" && value.value === null) return []; // its alias was refused
    if (dicts.length < parts.length || parts.length === 0) {
      this.#say({
        code: "type",
        title: "<< takes a map, or a list of maps",
        place: value.at,
        remedy: ["<<: *name, with name the anchor of a map"],
      });
    }
    return dicts;
  }

  #follow(node: Alias, depth: number): Tree {
    const place = this.#place(node);
    const anchored = this.#anchors.get(node.source);
    if (anchored === undefined || anchored === "open") {
      const why = anchored === "open" ? "stands inside its own anchor" : "has no anchor above it";
      this.#say({
        code: "yaml-syntax",
        title: `alias *${node.source} ${why}`,
        place,
        remedy: [`write &${node.source} at a value above`],
      });
      return nullAt(place);
    }
    if (depth + heightOf(anchored.tree) > DEEPEST) return this.#stop(node, `is more than ${DEEPEST} levels deep`);
    this.#parts += anchored.parts;
    if (this.#parts > MOST_PARTS) return this.#stop(node, `has more than ${MOST_PARTS} values, aliases written out`);
    return { ...anchored.tree, at: place };
  }

  #checkText(text: string, place: Place): void {
    if (text.length > LONGEST) {
      this.#say({
        code: "limits",
        title: `a text of ${text.length} characters; the longest is ${LONGEST}`,
        place,
        remedy: ["put it into a file on the node"],
      });
    }
    const found = /[\u0000-\u0008\u000B-\u001F\u007F]|\p{Surrogate}/u.exec(text);
    if (found === null) return;
    const code = text.charCodeAt(found.index).toString(16).toUpperCase().padStart(4, "0");
    this.#say({ code: "character", title: `a text has the character U+${code} in it`, place, remedy: ["take it out"] });
  }

  #stop(node: Node, what: string): Tree {
    const place = this.#place(node);
    if (!this.stopped)
      this.#say({
        code: "limits",
        title: `the file ${what}`,
        place,
        remedy: ["write less, or generate several topologies"],
      });
    this.stopped = true;
    return nullAt(place);
  }

  #place(node: Node): Place {
    const [start, end] = node.range ?? [0, 0];
    return { source: this.#source, start: start + this.#shift, end: end + this.#shift };
  }
}

/** Levels below and with a tree: shared parts are measured once. */
function heightOf(tree: Tree): number {
  if (tree.kind === "scalar") return 1;
  const known = heights.get(tree);
  if (known !== undefined) return known;
  const parts = tree.kind === "list" ? tree.items : [...tree.entries.values()].map(({ value }) => value);
  const height = 1 + parts.reduce((highest, part) => Math.max(highest, heightOf(part)), 0);
  heights.set(tree, height);
  return height;
}
const heights = new WeakMap<Tree, number>();

/** For a value that was refused already: taken as left out. */
const nullAt = (at: Place): Scalar => ({ kind: "scalar", value: null, text: "null", form: "plain", at });

const emptyAt = (at: Place): Scalar => ({ kind: "scalar", value: null, text: "", form: "empty", at });
