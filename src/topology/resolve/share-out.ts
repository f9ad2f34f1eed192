/** n nodes and k instances: k ≤ n gives each n/k consecutive nodes, k ≥ n puts k/n on each node; else both legal numbers nearby. */
export type SharedOut = { readonly nodesOf: readonly (readonly string[])[] } | { readonly legal: readonly string[] };

export function shareOut(nodes: readonly string[], count: number): SharedOut {
  const n = nodes.length;
  if (count <= n && n % count === 0) {
    const each = n / count;
    return { nodesOf: Array.from({ length: count }, (_, i) => nodes.slice(i * each, (i + 1) * each)) };
  }
  if (n > 0 && count >= n && count % n === 0)
    return { nodesOf: Array.from({ length: count }, (_, i) => nodes.slice(Math.floor(i / (count / n))).slice(0, 1)) };
  return { legal: legalForms(n, count) };
}

/** The nearest number that divides the nodes, and the nearest multiple of them. */
function legalForms(n: number, count: number): readonly string[] {
  const divisors = Array.from({ length: n }, (_, i) => i + 1).filter((k) => n % k === 0);
  const divisor = divisors.reduce((best, k) => (Math.abs(k - count) < Math.abs(best - count) ? k : best), 1);
  const multiple =
    Math.max(n, Math.round(count / n) * n) === divisor ? divisor + n : Math.max(n, Math.round(count / n) * n);
  return [
    `instances: ${divisor} (${n / divisor} ${n / divisor === 1 ? "node" : "nodes"} each)`,
    `instances: ${multiple} (${multiple / n} on each node)`,
  ];
}
