import table from "../metrics.json" with { type: "json" };

/** Values of one rank, by metric name with its own labels; `model_name` and `engine` are added where the page is written. */
export type Snapshot = Readonly<Record<string, number>>;

/** One metric as vLLM shows it: its type, and the labels or bucket bounds of its lines. */
export interface Family {
  readonly name: string;
  readonly type: string;
  /** One for each rank, or one for the whole server. */
  readonly rank: boolean;
  readonly lines?: readonly string[];
  readonly bounds?: readonly string[];
}

export const families: readonly Family[] = table.families;
const boundsOf = new Map(families.map(({ name, bounds = [] }) => [name, bounds]));

/** Its metrics are there only where its connector is. */
export const isNixl = (name: string): boolean => name.startsWith("vllm:nixl_");

export class Counters {
  onChange: () => void = () => undefined;
  /** NIXL's metrics are on the page. */
  readonly nixl: boolean;
  private readonly values = new Map<string, number>();

  constructor({ nixl }: { nixl: boolean }) {
    this.nixl = nixl;
  }

  add(name: string, by = 1, labels = ""): void {
    const key = labels === "" ? name : `${name}{${labels}}`;
    this.values.set(key, (this.values.get(key) ?? 0) + by);
    if (by !== 0) this.onChange();
  }

  /** One value of a histogram. */
  observe(name: string, value: number): void {
    for (const bound of boundsOf.get(name) ?? [])
      if (bound === "+Inf" || value <= Number(bound)) this.add(`${name}_bucket`, 1, `le="${bound}"`);
    this.add(`${name}_sum`, value);
    this.add(`${name}_count`);
  }

  snapshot(): Snapshot {
    return { ...Object.fromEntries(this.values), ...(this.nixl && { [NIXL]: 1 }) };
  }
}

/** Tells whoever writes the page that this rank has NIXL's metrics, also over the group's link. */
export const NIXL = "nixl";
