/**
 * The keys of one object of a `config.json`. Families name one thing differently, so a look-up takes all its names and answers with the first
 * that is there; null is not there. A value of another type than asked for is a fault, kept for the one who asked for the file.
 */
export class Keys {
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly path: string;
  readonly faults: string[];

  constructor(values: object, path = "", faults: string[] = []) {
    this.values = { ...values };
    this.path = path;
    this.faults = faults;
  }

  whole(...names: readonly string[]): number | undefined {
    return this.one(
      names,
      "a whole number, 0 or more",
      (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0,
    );
  }

  number(...names: readonly string[]): number | undefined {
    return this.one(names, "a number", (value): value is number => typeof value === "number" && Number.isFinite(value));
  }

  flag(...names: readonly string[]): boolean | undefined {
    return this.one(names, "true or false", (value): value is boolean => typeof value === "boolean");
  }

  text(...names: readonly string[]): string | undefined {
    return this.one(names, "a text", (value): value is string => typeof value === "string");
  }

  texts(...names: readonly string[]): readonly string[] | undefined {
    return this.one(names, "a list of texts", (value): value is string[] => isList(value, "string"));
  }

  wholes(...names: readonly string[]): readonly number[] | undefined {
    return this.one(names, "a list of numbers", (value): value is number[] => isList(value, "number"));
  }

  part(...names: readonly string[]): Keys | undefined {
    const name = names.find((name) => this.has(name));
    const value = this.one(names, "an object", isRecord);
    return value === undefined || name === undefined ? undefined : new Keys(value, `${this.path}${name}.`, this.faults);
  }

  /** The objects among the values: groups whose names the file's writer chose. */
  parts(): readonly Keys[] {
    const named = Object.entries(this.values);
    return named.flatMap(([name, value]) =>
      isRecord(value) ? [new Keys(value, `${this.path}${name}.`, this.faults)] : [],
    );
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.values[name] !== undefined && this.values[name] !== null);
  }

  private one<T>(names: readonly string[], expects: string, is: (value: unknown) => value is T): T | undefined {
    const name = names.find((name) => this.has(name));
    if (name === undefined) return undefined;
    const value = this.values[name];
    if (is(value)) return value;
    this.faults.push(`${this.path}${name} must be ${expects}, found ${shown(value)}`);
    return undefined;
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isList = (value: unknown, type: "string" | "number") =>
  Array.isArray(value) && value.every((one) => typeof one === type);

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
