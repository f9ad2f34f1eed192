import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { Spot } from "../remark.ts";

/** A YAML text as values that know their lines. Undefined members are members too, so that a path can be asked without looking. */
export interface Placed {
  readonly at: Spot;
  readonly key: string;
  /** Undefined where nothing stands, or no scalar. */
  readonly text: string | undefined;
  readonly get: (key: string) => Placed;
  readonly entries: readonly Placed[];
  readonly items: readonly Placed[];
  readonly there: boolean;
}

export function placedYaml(file: string, text: string): Placed {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, version: "1.2", merge: true, logLevel: "silent" });
  const of = (node: Node | null | undefined, key: string, before: Spot): Placed => {
    const real =
      node !== null && node !== undefined && "resolve" in node && typeof node.resolve === "function"
        ? (node.resolve(document) as Node | undefined)
        : node;
    const at = node?.range ? { file, line: counter.linePos(node.range[0]).line } : before;
    const entries = () =>
      isMap<Node, Node>(real)
        ? real.items.map((pair) =>
            of(
              pair.value,
              isScalar(pair.key) ? String(pair.key.value) : "",
              pair.key?.range ? { file, line: counter.linePos(pair.key.range[0]).line } : at,
            ),
          )
        : [];
    return {
      at: isScalar(real) || real === null || real === undefined ? at : before,
      key,
      text:
        isScalar(real) && real.value !== null
          ? typeof real.value === "string"
            ? real.value
            : (real.source ?? String(real.value))
          : undefined,
      get: (name) => entries().find((entry) => entry.key === name) ?? of(undefined, name, at),
      get entries() {
        return entries();
      },
      get items() {
        return isSeq<Node>(real) ? real.items.map((item, i) => of(item, String(i), at)) : [];
      },
      there: real !== null && real !== undefined,
    };
  };
  return of(document.contents, "", { file, line: 1 });
}
