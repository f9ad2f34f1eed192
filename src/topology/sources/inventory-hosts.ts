import type { Vars } from "./inventory.ts";

const MOST = 10_000;

/** `web[01:50:2].example.org`, `db-[a:c]`: both ends belong to it, padding is kept. Undefined: it does not read as that. */
export function inventoryHosts(pattern: string): readonly string[] | undefined {
  let names: readonly string[] = [""];
  for (const [whole, inside] of pattern.matchAll(/\[([^\]]*)\]|[^[]+/g)) {
    const parts = inside === undefined ? [whole] : span(inside);
    if (parts === undefined || names.length * parts.length > MOST) return undefined;
    names = names.flatMap((name) => parts.map((part) => name + part));
  }
  return names.length === 1 && names[0] === "" ? undefined : names;
}

function span(inside: string): readonly string[] | undefined {
  const [, first = "", last = "", step = "1"] =
    /^(\d{1,9}|[A-Za-z]):(\d{1,9}|[A-Za-z])(?::([1-9]\d{0,5}))?$/.exec(inside) ?? [];
  const digits = /^\d+$/.test(first);
  if (first === "" || digits !== /^\d+$/.test(last)) return undefined;
  const [from, to] = digits ? [Number(first), Number(last)] : [first.charCodeAt(0), last.charCodeAt(0)];
  if (to < from || (to - from) / Number(step) >= MOST) return undefined;
  const width = first.startsWith("0") ? first.length : 0;
  return Array.from({ length: Math.floor((to - from) / Number(step)) + 1 }, (_, i) => {
    const at = from + i * Number(step);
    return digits ? String(at).padStart(width, "0") : String.fromCharCode(at);
  });
}

/** `host:2222`, as inventories may write a host with its port. */
export function withPort(written: string): { readonly pattern: string; readonly vars: Vars } {
  const [, pattern, port] = /^([^:]+(?:\[[^\]]*\][^:]*)*):(\d{1,5})$/.exec(written) ?? [];
  return pattern === undefined || port === undefined
    ? { pattern: written, vars: {} }
    : { pattern, vars: { ansible_port: port } };
}
