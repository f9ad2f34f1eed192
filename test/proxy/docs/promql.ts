import { createRequire } from "node:module";

/** As far as it is used here; its own types need lezer's. */
interface Grammar {
  readonly parser: { readonly parse: (text: string) => Tree };
}
interface Tree {
  readonly topNode: Node;
}
interface Node {
  readonly name: string;
  readonly type: { readonly isError: boolean };
  readonly from: number;
  readonly to: number;
  readonly parent: Node | null;
  readonly firstChild: Node | null;
  readonly nextSibling: Node | null;
}
const { parser }: Grammar = createRequire(import.meta.url)("@prometheus-io/lezer-promql");

/** One series that a query reads. */
export interface Selector {
  readonly metric: string;
  /** Labels that it is filtered by. */
  readonly labels: readonly string[];
  /** The function right around it that takes a range: rate, increase …; none: its value now. */
  readonly over: string | undefined;
}

export interface Query {
  /** What of it is no PromQL, with where. */
  readonly errors: readonly string[];
  readonly selectors: readonly Selector[];
  /** Labels that it groups or matches by. */
  readonly grouped: readonly string[];
  /** Labels that are left in its result; undefined: all. */
  readonly kept: readonly string[] | undefined;
}

/** Prometheus' own grammar, as its web page has it. @param text with Grafana's variables */
export function readQuery(text: string): Query {
  const query = text.replaceAll("$__rate_interval", "5m"); // Grafana's; the other variables stand in strings
  const textOf = ({ from, to }: Node) => query.slice(from, to);
  const all = below(parser.parse(query).topNode);
  const named = (node: Node, name: string) => below(node).filter((one) => one.name === name);
  const modifier = all.find(({ name }) => name === "AggregateModifier");
  return {
    errors: all
      .filter(({ type }) => type.isError)
      .map(({ from }) => `${query.slice(0, from)} ⟨here⟩ ${query.slice(from)}`),
    selectors: all
      .filter(({ name }) => name === "VectorSelector")
      .map((selector) => ({
        metric: named(selector, "Identifier").map(textOf)[0] ?? "",
        labels: named(selector, "LabelName").map(textOf),
        over: rangeFunction(selector, textOf),
      })),
    grouped: all
      .filter(({ name }) => name === "GroupingLabels")
      .flatMap((each) => named(each, "LabelName").map(textOf)),
    kept: modifier && named(modifier, "LabelName").map(textOf),
  };
}

function rangeFunction(selector: Node, textOf: (node: Node) => string): string | undefined {
  if (selector.parent?.name !== "MatrixSelector") return undefined;
  const call = selector.parent.parent?.parent;
  return call?.firstChild ? textOf(call.firstChild) : undefined;
}

function below(node: Node): readonly Node[] {
  const found: Node[] = [node];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(...below(child));
  return found;
}
