/** One sample of a Prometheus text: name, labels, value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text exposition format; comments and lines it does not understand are skipped. */
export function readMetrics(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line) => sample(line) ?? []);
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

function sample(line: string): Sample | undefined {
  const found = LINE.exec(line);
  if (found === null || found[1] === undefined) return undefined;
  const labels = [...(found[2] ?? "").matchAll(LABEL)].map(([, key, value]) => [
    key,
    (value ?? "").replace(/\\(.)/g, "$1"),
  ]);
  return { name: found[1], labels: Object.fromEntries(labels), value: Number(found[3]) };
}

/**
 * The sum of a counter over all label sets that `selector` allows: `name` or `name{key="value"}`.
 * Undefined when the engine has no such counter: that is not the same as zero.
 */
export function total(samples: readonly Sample[], selector: string, rank?: number): number | undefined {
  const wanted = sample(`${selector} 0`);
  if (wanted === undefined) return undefined;
  const hits = samples.filter(
    ({ name, labels }) =>
      sameName(name, wanted.name) &&
      Object.entries(wanted.labels).every(([key, value]) => labels[key] === value) &&
      (rank === undefined || labels.engine === undefined || labels.engine === String(rank)),
  );
  return hits.length === 0 ? undefined : hits.reduce((sum, { value }) => sum + value, 0);
}

/** Counters are exposed with or without `_total`, depending on the client library. */
const sameName = (have: string, want: string) => have === want || have === `${want}_total` || `${have}_total` === want;
