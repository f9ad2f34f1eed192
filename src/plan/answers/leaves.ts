/** Every scalar of a JSON value under its path: `kv_connector_extra_config.backends.0` → `UCX`. Objects and lists without any are one. */
export function leaves(value: unknown, path = ""): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  collect(value, path, found);
  return found;
}

function collect(value: unknown, path: string, found: Map<string, string>): void {
  if (typeof value !== "object" || value === null) {
    found.set(path, typeof value === "string" ? value : JSON.stringify(value));
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) found.set(path, Array.isArray(value) ? "[]" : "{}");
  else if (Array.isArray(value) && value.every((one) => typeof one !== "object" || one === null))
    found.set(path, value.join(" "));
  else for (const [key, one] of entries) collect(one, path === "" ? key : `${path}.${key}`, found);
}

/** A text that is a JSON object or list, as its value; undefined: any other text. */
export function jsonOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
