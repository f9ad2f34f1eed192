/** What is another value in each call, and where KV came from, which is the point. */
const VOLATILE =
  /^(id|item_id|created|created_at|completed_at|system_fingerprint|cached_tokens|prompt_tokens_details|input_tokens_details|kv_transfer_params)$/;
const CLOSE = 0.05; // log probabilities, over another order of sums

/** Where two answers differ first, and how; undefined: they are the same in text and structure. */
export function difference(one: unknown, other: unknown, path = ""): string | undefined {
  if (typeof one === "number" && typeof other === "number")
    return Math.abs(one - other) <= CLOSE ? undefined : `${path}: ${one}, ${other}`;
  if (!isObject(one) || !isObject(other))
    return Object.is(one, other) ? undefined : `${path}: ${say(one)}, ${say(other)}`;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)].filter((key) => !VOLATILE.test(key)));
  for (const key of keys) {
    if (!(key in one) || !(key in other))
      return `${path}.${key}: ${key in one ? "not in the second" : "not in the first"}`;
    const found = difference(one[key], other[key], `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const say = (value: unknown) => JSON.stringify(value)?.slice(0, 200);

/** By call: what differs between two records; the calls that both made are the same ones. */
export function differences(
  through: Readonly<Record<string, unknown>>,
  direct: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const names = new Set([...Object.keys(through), ...Object.keys(direct)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const found = difference(through[name], direct[name]);
      return found === undefined ? [] : [[name, found]];
    }),
  );
}
