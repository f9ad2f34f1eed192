/** A label set as Prometheus writes it: `{role="decode",target="http://…"}`. */
type Labels = Readonly<Record<string, string | number>>;

type Read = () => Iterable<readonly [Labels, number]>;

const escapes: Record<string, string> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" };
export const labelText = (labels: Labels) => {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${String(value).replace(/[\\"\n]/g, (char) => escapes[char] ?? char)}"`,
  );
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
};

/** What is told of a metric beside its numbers. */
export interface Described {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
}

interface Family extends Described {
  lines(): Iterable<string>;
}

/** The counters of one proxy, and the text of its /metrics. Source of the names: proxy-protocols.md §3.10. */
export class Metrics {
  readonly #families: Family[] = [];

  counter(name: string, help: string, labels: readonly string[] = []) {
    const rows = new Rows<number>(() => 0);
    const type = "counter" as const;
    const lines = () =>
      family(
        name,
        type,
        help,
        [...rows.all()].map(({ text, value }) => [text, value] as const),
      );
    this.#families.push({ name, type, help, labels, lines });
    return {
      add(of: Labels = NO_LABELS): void {
        rows.of(of).value++;
      },
      /** For what is counted with every chunk: the row is found once, when the first is. */
      adder(of: Labels) {
        let row: Row<number> | undefined;
        return (by: number) => {
          row ??= rows.of(of);
          row.value += by;
        };
      },
    };
  }

  /** @param read called for every scrape, so that a gauge can never drift from what it shows */
  gauge(name: string, help: string, read: Read, labels: readonly string[] = []): void {
    this.#reading({ name, type: "gauge", help, labels }, read);
  }

  /** A counter that something else keeps. @param read called for every scrape */
  counted(name: string, help: string, read: Read, labels: readonly string[] = []): void {
    this.#reading({ name, type: "counter", help, labels }, read);
  }

  #reading(described: Described, read: Read): void {
    const { name, type, help } = described;
    const rows = () => [...read()].map(([labels, value]) => [labelText(labels), value] as const);
    this.#families.push({ ...described, lines: () => family(name, type, help, rows()) });
  }

  histogram(name: string, help: string, labels: readonly string[] = []) {
    const rows = new Rows<Spread>(() => ({ buckets: BOUNDS.map(() => 0), sum: 0, count: 0 }));
    const lines = () => histogramLines(name, help, rows.all());
    this.#families.push({ name, type: "histogram", help, labels, lines });
    return {
      observe(of: Labels, seconds: number): void {
        const { value } = rows.of(of);
        value.sum += seconds;
        value.count++;
        const at = BOUNDS.findIndex((bound) => seconds <= bound);
        if (at !== -1) value.buckets[at] = (value.buckets[at] ?? 0) + 1;
      },
    };
  }

  describe(): readonly Described[] {
    return this.#families;
  }

  text(): string {
    return `${this.#families.flatMap((one) => [...one.lines()]).join("\n")}\n`;
  }
}

/** One set of labels, and what is counted under it. */
interface Row<T> {
  readonly labels: Labels;
  readonly text: string;
  value: T;
}

/** Where the value of one label leads: to the next label, or to the row. */
type Branch<T> = Map<string | number, Branch<T> | Row<T>>;

/**
 * The rows of one metric. They are found by the values alone, one after the other, as its labels are always the same and in the same order: what is
 * counted with every request makes no text.
 */
class Rows<T> {
  readonly #fresh: () => T;
  readonly #root: Branch<T> = new Map();
  readonly #rows: Row<T>[] = [];

  constructor(fresh: () => T) {
    this.#fresh = fresh;
  }

  of(labels: Labels): Row<T> {
    let at: Branch<T> | Row<T> | undefined = this.#root;
    for (const name in labels) at = at instanceof Map ? at.get(labels[name] ?? "") : undefined;
    if (at === this.#root) at = this.#root.get("");
    return at === undefined || at instanceof Map ? this.#add(labels) : at;
  }

  all(): Iterable<Row<T>> {
    return this.#rows;
  }

  #add(labels: Labels): Row<T> {
    const row = { labels, text: labelText(labels), value: this.#fresh() };
    this.#rows.push(row);
    const values = Object.values(labels);
    let branch = this.#root;
    for (const value of values.slice(0, -1)) {
      const found = branch.get(value);
      const next: Branch<T> = found instanceof Map ? found : new Map();
      branch.set(value, next);
      branch = next;
    }
    branch.set(values.at(-1) ?? "", row);
    return row;
  }
}

const NO_LABELS: Labels = {};
/** How many were at most that, and above the bound before it. */
interface Spread {
  readonly buckets: number[];
  sum: number;
  count: number;
}
const BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 240];

const head = (name: string, type: string, help: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];

function* family(
  name: string,
  type: string,
  help: string,
  rows: Iterable<readonly [string, number]>,
): Generator<string> {
  yield* head(name, type, help);
  for (const [labels, value] of rows) yield `${name}${labels} ${value}`;
}

function* histogramLines(name: string, help: string, rows: Iterable<Row<Spread>>): Generator<string> {
  yield* head(name, "histogram", help);
  for (const { labels, text, value } of rows) {
    let within = 0;
    for (const [at, le] of BOUNDS.entries()) {
      within += value.buckets[at] ?? 0;
      yield `${name}_bucket${labelText({ ...labels, le })} ${within}`;
    }
    yield `${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${value.count}`;
    yield `${name}_sum${text} ${value.sum}`;
    yield `${name}_count${text} ${value.count}`;
  }
}
