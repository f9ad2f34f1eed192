import type { Policy, ProxyConfig, Target } from "./config.ts";

/** One thing wrong in a config: where, and what was expected there. */
export interface ConfigFault {
  readonly at: string;
  readonly why: string;
}

/** @returns the config, or everything that is wrong with it */
export function readConfig(text: string): ProxyConfig | { readonly faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = [];
  const value = parse(text, faults);
  if (faults.length > 0) return { faults };
  const read = new Reader(value, "", (at, why) => faults.push({ at, why }));
  const config = readProxy(read);
  return faults.length > 0 ? { faults } : config;
}

function readProxy(read: Reader): ProxyConfig {
  const holdSeconds = read.optional("kv_hold_seconds", positive);
  const lengthCapped = read.optional("length_capped", flag);
  const requestLog = read.optional("request_log", flag);
  const least = read.optional("pd_min_prompt_tokens", atLeastOne);
  const numbers = readOptional(read, {
    prefill_timeout_seconds: positive,
    first_byte_timeout_seconds: positive,
    queue_size: atLeastNone,
    queue_timeout_seconds: positive,
    max_prefill_per_endpoint: atLeastOne,
  });
  const config = {
    bind: read.required("bind", word, ""),
    port: read.required("port", portNumber, 0),
    family: read.required("family", oneOf<ProxyConfig["family"]>("relay", "shared-store"), "relay"),
    prefill_policy: read.required("prefill_policy", oneOf<Policy>(...POLICIES, "prefix_aware"), "round_robin"),
    decode_policy: read.required("decode_policy", oneOf<Policy>(...POLICIES), "round_robin"),
    max_concurrent: read.required("max_concurrent", atLeastOne, 1),
    ...(holdSeconds !== undefined && { kv_hold_seconds: holdSeconds }),
    ...(lengthCapped !== undefined && { length_capped: lengthCapped }),
    ...(least !== undefined && { pd_min_prompt_tokens: least }),
    ...(requestLog !== undefined && { request_log: requestLog }),
    ...numbers,
    targets: read.list("targets").map(readTarget),
  };
  read.nothingElse();
  for (const role of ["prefill", "decode"] as const)
    if (!config.targets.some((target) => target.role === role))
      read.fault("targets", `at least one with role "${role}"`);
  const seen = new Set<string>();
  for (const [index, { url, role }] of config.targets.entries())
    if (seen.size === seen.add(`${role} ${url}`).size)
      read.fault(`targets[${index}].url`, `another url: ${url} is listed twice as ${role}`);
  return config;
}

/** Those of the keys that are written. */
function readOptional<K extends string>(
  read: Reader,
  keys: Readonly<Record<K, Check<number>>>,
): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const key in keys) {
    const value = read.optional(key, keys[key]);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

function readTarget(read: Reader): Target {
  const target = {
    url: read.required("url", endpointUrl, ""),
    role: read.required("role", oneOf<Target["role"]>("prefill", "decode"), "prefill"),
    slots: read.required("slots", atLeastOne, 1),
  };
  read.nothingElse();
  return target;
}

/** A check narrows a value, or says what was expected instead. */
type Check<T> = { readonly expects: string; readonly is: (value: unknown) => value is T };
const check = <T>(expects: string, is: (value: unknown) => value is T): Check<T> => ({ expects, is });

const word = check("a text", (value): value is string => typeof value === "string" && value.length > 0);
const flag = check("true or false", (value): value is boolean => typeof value === "boolean");
const positive = check("a number above 0", (value): value is number => typeof value === "number" && value > 0);
const atLeastOne = check(
  "a whole number of at least 1",
  (value): value is number => Number.isSafeInteger(value) && Number(value) >= 1,
);
const atLeastNone = check(
  "a whole number, 0 or more",
  (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0,
);
const portNumber = check(
  "a port, 0 to 65535",
  (value): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65_536,
);
const oneOf = <T extends string>(...words: readonly T[]) =>
  check(words.map((each) => `"${each}"`).join(" or "), (value): value is T => words.some((each) => each === value));
const POLICIES = ["round_robin", "least_loaded", "random", "power_of_two", "consistent_hash"] as const;
const endpointUrl = check("a url like http://10.0.0.1:8100, without a path", (value): value is string => {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol, pathname, search, hash, username } = new URL(value);
  return /^https?:$/.test(protocol) && pathname === "/" && !value.endsWith("/") && search + hash + username === "";
});

/** Reads one object, key by key; remembers which keys it was asked for, so that a misspelt one is not silently ignored. */
class Reader {
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

  list(key: string): readonly Reader[] {
    this.#known.add(key);
    const value = this.#value.get(key);
    if (Array.isArray(value))
      return value.map((item: unknown, index) => new Reader(item, this.#path(`${key}[${index}]`), this.#onFault));
    this.fault(key, "expected a list of targets");
    return [];
  }

  nothingElse(): void {
    for (const key of this.#value.keys()) if (!this.#known.has(key)) this.fault(key, "unknown key");
  }

  fault(key: string, why: string): void {
    this.#onFault(this.#path(key), why);
  }

  #path(key: string): string {
    return this.#at ? `${this.#at}.${key}` : key;
  }
}

function parse(text: string, faults: ConfigFault[]): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    faults.push({ at: "the file", why: error instanceof Error ? `not JSON: ${error.message}` : "not JSON" });
    return undefined;
  }
}
