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
    const rows = new Map<string, number>();
    const type = "counter" as const;
    this.#families.push({ name, type, help, labels, lines: () => family(name, type, help, rows) });
    const adder = (labels: Labels) => {
      const row = labelText(labels);
      return (by: number) => void rows.set(row, (rows.get(row) ?? 0) + by);
    };
    return {
      add: (labels: Labels = {}) => adder(labels)(1),
      /** For what is counted with every chunk: the labels become text once. */
      adder,
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
    const rows = new Map<string, { labels: Labels; buckets: number[]; sum: number; count: number }>();
    const lines = () => histogramLines(name, help, rows.values());
    this.#families.push({ name, type: "histogram", help, labels, lines });
    return {
      observe(labels: Labels, seconds: number) {
        const key = labelText(labels);
        const row = rows.get(key) ?? { labels, buckets: BOUNDS.map(() => 0), sum: 0, count: 0 };
        rows.set(key, {
          labels,
          buckets: row.buckets.map((n, at) => n + (seconds <= (BOUNDS[at] ?? 0) ? 1 : 0)),
          sum: row.sum + seconds,
          count: row.count + 1,
        });
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

function* histogramLines(
  name: string,
  help: string,
  rows: Iterable<{ labels: Labels; buckets: number[]; sum: number; count: number }>,
): Generator<string> {
  yield* head(name, "histogram", help);
  for (const { labels, buckets, sum, count } of rows) {
    for (const [at, le] of BOUNDS.entries()) yield `${name}_bucket${labelText({ ...labels, le })} ${buckets[at]}`;
    yield `${name}_bucket${labelText({ ...labels, le: "+Inf" })} ${count}`;
    yield `${name}_sum${labelText(labels)} ${sum}`;
    yield `${name}_count${labelText(labels)} ${count}`;
  }
}
