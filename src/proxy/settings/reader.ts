import type { Check } from "./check.ts";

/** One thing wrong in a config: where, and what was expected there. */
export interface ConfigFault {
  readonly at: string;
  readonly why: string;
}

/** Reads one object, key by key; remembers which keys it was asked for, so that a misspelt one is not silently ignored. */
export class Reader {
  readonly #value: ReadonlyMap<string, unknown>;
  readonly #at: string;
  readonly #onFault: (at: string, why: string) => void;
  readonly #known = new Set<string>();

  constructor(value: unknown, at: string, onFault: (at: string, why: string) => void) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject) onFault(at || "the file", "expected an object");
    this.#value = new Map(isObject ? Object.entries(value) : []);
    this.#at = at;
    this.#onFault = onFault;
  }

  has(key: string): boolean {
    return this.#value.has(key);
  }

  /** @param otherwise stands in for a value that is wrong, so that reading goes on and finds the other faults */
  required<T>(key: string, one: Check<T>, otherwise: T): T {
    const value = this.optional(key, one);
    if (value === undefined && !this.#value.has(key)) this.fault(key, `missing; expected ${one.expects}`);
    return value ?? otherwise;
  }

  optional<T>(key: string, { is, expects }: Check<T>): T | undefined {
    this.#known.add(key);
    const value = this.#value.get(key);
    if (!this.#value.has(key) || is(value)) return is(value) ? value : undefined;
    this.fault(key, `expected ${expects}, not ${JSON.stringify(value)}`);
    return undefined;
  }

  list(key: string, of = "targets"): readonly Reader[] {
    this.#known.add(key);
    const value = this.#value.get(key);
    if (Array.isArray(value))
      return value.map((item: unknown, index) => new Reader(item, this.#path(`${key}[${index}]`), this.#onFault));
    this.fault(key, `expected a list of ${of}`);
    return [];
  }

  /** The object under a key, where there is one. */
  inside(key: string): Reader | undefined {
    this.#known.add(key);
    return this.#value.has(key) ? new Reader(this.#value.get(key), this.#path(key), this.#onFault) : undefined;
  }

  /** @param near the known key that a misspelt one may have meant */
  nothingElse(near: (key: string) => string | undefined = () => undefined): void {
    for (const key of this.#value.keys()) {
      if (this.#known.has(key)) continue;
      const meant = near(key);
      this.fault(key, meant === undefined ? "unknown key" : `unknown key; did you mean ${meant}?`);
    }
  }

  fault(key: string, why: string): void {
    this.#onFault(this.#path(key), why);
  }

  #path(key: string): string {
    return this.#at ? `${this.#at}.${key}` : key;
  }
}
