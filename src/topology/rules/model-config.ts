import type { AnyRule, Rule } from "../rule.ts";
import type { Instance } from "../topology.ts";
import type { Modelled } from "./modelled.ts";

const real = ({ topology }: Modelled): readonly Instance[] =>
  topology.instances.filter(({ engine }) => engine.kind === "vllm");

/** P14: tensor parallelism gives each rank whole heads. Source: launch.md §10.2; vLLM checks it in `vllm/config/model.py`. */
const p14: Rule<Modelled, { instance: string; heads: number; tp: number }> = {
  id: "P14",
  level: "error",
  *check(modelled) {
    const { heads } = modelled.model;
    for (const { id, engine, path } of real(modelled)) {
      const { tp } = engine.parallel;
      if (heads % tp === 0) continue;
      yield { at: [...path, "parallel", "tp"], subject: id, data: { instance: id, heads, tp } };
    }
  },
  message: ({ instance, heads, tp }) => `${instance} has tp ${tp}, which cannot share ${heads} attention heads`,
  caret: ({ heads, tp }) => `${heads} / ${tp} = ${(heads / tp).toFixed(2)}`,
  remedy: ({ heads, tp }) => `tp: ${near(heads, tp)}`,
};

/** The divisors of the heads on both sides of what was written. */
function near(heads: number, tp: number): string {
  const divisors = Array.from({ length: heads }, (_, index) => index + 1).filter((each) => heads % each === 0);
  const [below, above] = [divisors.findLast((each) => each < tp), divisors.find((each) => each > tp)];
  return [below, above].filter((each) => each !== undefined).join(" or ");
}

/**
 * P15: with fewer KV heads than ranks the heads are there several times, and sides of different tp may refuse each other.
 * Equal tp on both sides is in common use. Source: launch.md §3.2 (TP row), §10.2.
 */
const p15: Rule<Modelled, { instance: string; heads: number; tp: number; other: number }> = {
  id: "P15",
  level: "warning",
  *check(modelled) {
    const { kvHeads, mla } = modelled.model;
    if (mla !== undefined) return; // one latent vector for all heads: every rank has it anyway
    const all = real(modelled);
    for (const { id, role, engine, path } of all) {
      const { tp } = engine.parallel;
      const other = all.find((each) => each.role !== role && each.engine.parallel.tp !== tp);
      if (kvHeads >= tp || other === undefined) continue;
      const data = { instance: id, heads: kvHeads, tp, other: other.engine.parallel.tp };
      yield { at: [...path, "parallel", "tp"], subject: id, data };
    }
  },
  message: ({ instance, heads, tp, other }) =>
    `${instance} has tp ${tp} for ${heads} KV heads, and the other side tp ${other}: the transfer may be refused`,
  caret: ({ heads }) => `${heads} KV heads are replicated`,
  remedy: ({ heads, other }) => [`tp: at most ${heads}`, `or tp: ${other}, as on the other side`],
};

/** What can be judged once the model's config has been read, and belongs to no connector. Source: launch.md §10. */
export const modelRules: readonly AnyRule<Modelled>[] = [p14, p15];
