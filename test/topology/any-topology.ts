import fc from "fast-check";

/** A topology as a plain value, as a person could have written it. */
export type Written = { readonly [key: string]: unknown };

const devices = fc.constantFrom(4, 8);
const lb = fc.constantFrom("internal", "hybrid", "external");
const small = fc.constantFrom(1, 2);

/** What a role says, for nodes with so many devices each, of which it may have all. */
const roleOn = (nodes: readonly string[], has: readonly number[]): fc.Arbitrary<Written> => {
  const fewest = Math.min(...has);
  const fits = (tp: number) => Math.max(1, Math.floor(fewest / tp));
  const even = fc
    .record({ tp: fc.constantFrom(1, 2, 4), each: fc.integer({ min: 1, max: 4 }) })
    .map(({ tp, each }) => ({
      nodes,
      instances: nodes.length * Math.min(each, fits(tp)),
      parallel: { tp },
    }));
  const placed = fc
    .record({
      tp: fc.constantFrom(1, 2, 4),
      count: fc.integer({ min: 1, max: 6 }),
      placement: fc.constantFrom("pack", "spread"),
    })
    .map(({ tp, count, placement }) => {
      const room = has.reduce((sum, each) => sum + Math.floor(each / tp), 0);
      return { nodes, instances: Math.min(count, room), placement, parallel: { tp } };
    });
  const group = fc.record({ tp: small, dp_lb: lb, rpc: fc.boolean() }).map(({ tp, dp_lb, rpc }) => {
    const shares = has.map((each) => Math.max(2, Math.floor(each / tp)));
    const dp = shares.reduce((sum, each) => sum + each, 0);
    const local = nodes.length > 1 ? { dp_local: shares } : {};
    return {
      nodes,
      parallel: {
        tp,
        dp,
        ...local,
        dp_lb: nodes.length > 1 ? dp_lb : "internal",
        expert_parallel: true,
        ...(rpc && { rpc_port: 13345 }),
      },
    };
  });
  const spanning = fc.constant({ nodes, parallel: { tp: nodes.length * fewest } });
  const differing = fc.record({ first: fc.constantFrom(1, 2), pinned: fc.boolean() }).map(({ first, pinned }) => ({
    nodes,
    instances: [
      { name: "wide", nodes: nodes.slice(0, 1), count: 1, parallel: { tp: 2 }, args: { "max-num-seqs": 4 } },
      { nodes: nodes.slice(0, 1), count: first, parallel: { tp: 1 }, ...(pinned && { port: 8300 }) },
    ],
  }));
  return fc.oneof(even, placed, group, differing, ...(nodes.length === 2 ? [spanning] : []));
};

/** Prefill and decode on nodes of their own; every form of an instance, every way to balance. */
export const anyTopology: fc.Arbitrary<Written> = fc
  .tuple(fc.array(devices, { minLength: 1, maxLength: 3 }), fc.array(devices, { minLength: 1, maxLength: 3 }))
  .chain(([p, d]) => {
    const names = [...p, ...d].map((_, i) => `n${i}`);
    return fc
      .record({
        prefill: roleOn(names.slice(0, p.length), p),
        decode: roleOn(names.slice(p.length), d),
        ports: fc.record(
          { kv_events_port: fc.constantFrom(5557, 6557), vllm_port: fc.constant(21000) },
          { requiredKeys: [] },
        ),
        env: fc.dictionary(fc.constantFrom("A", "B", "C"), fc.constantFrom("1", "x y", "${HOME}/z"), { maxKeys: 3 }),
      })
      .map(({ prefill, decode, ports, env }) => ({
        version: 1,
        name: "any",
        model: { path: "/models/m", kind: "moe" },
        nodes: names.map((name, i) => ({
          name,
          host: `10.0.0.${i + 1}`,
          nic: "eth0",
          hardware: "cuda",
          devices: [...p, ...d][i],
        })),
        kv: { transfer: { connector: "nixl", side_channel_port: 5600 } },
        engine: { args: { "max-model-len": 4096, "enable-prefix-caching": false }, env, ...ports },
        prefill,
        decode: { port: 8600, ...decode },
        proxy: { node: "n0", port: 8000 },
        setup: [{ name: "look", run: "true" }],
      }));
  });

/** The same value with the keys of every map in another order. */
export function shuffled(value: unknown, order: readonly number[]): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (!isMap(value)) return value;
  const rank = (at: number) => order[at % order.length] ?? 0;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner], at) => ({ at: rank(at), key, inner: shuffled(inner, order) }))
      .sort((a, b) => a.at - b.at)
      .map(({ key, inner }) => [key, inner]),
  );
}

/** Two files, the second over the first, that hold the value between them; what both hold is wrong in the lower one. */
export function split(value: Written, choices: readonly number[]): { readonly base: Written; readonly over: Written } {
  const base: Record<string, unknown> = {};
  const over: Record<string, unknown> = {};
  for (const [at, [key, inner]] of Object.entries(value).entries()) {
    const choice = choices[at % choices.length] ?? 0;
    if (choice === 0) base[key] = inner;
    else if (choice === 1) over[key] = inner;
    else if (isMap(inner)) {
      const below = split(inner, [...choices.slice(1), choice]);
      [base[key], over[key]] = [below.base, below.over];
    } else [base[key], over[key]] = [Array.isArray(inner) ? [] : "replaced", inner];
  }
  return { base, over };
}

const isMap = (value: unknown): value is Written =>
  typeof value === "object" && value !== null && !Array.isArray(value);
