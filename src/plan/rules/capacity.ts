import type { AnyRule, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Capacity, InstanceCapacity } from "../answers/answers.ts";

/** What the rules over a model's size see. */
export interface Sized {
  readonly topology: Topology;
  readonly capacity: Capacity;
}

interface Tight {
  readonly instance: string;
  readonly weights: string;
  readonly budget: string;
  readonly memory: string;
  readonly tokens: number;
  readonly longest: number;
}

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** M15: weights that are larger than what vLLM may take of a device leave nothing to start with. Source: `weightBytes`. */
const m15: Rule<Sized, Tight> = {
  id: "M15",
  level: "error",
  *check(sized) {
    for (const { row, at, data } of known(sized))
      if (row.weightBytes !== null && row.budgetBytes !== null && row.weightBytes >= row.budgetBytes)
        yield { at: [...at, "parallel", "tp"], subject: row.instance, data };
  },
  message: ({ instance, weights, budget, memory }) =>
    `${instance} has ${weights} of weights per device, and vLLM may take ${budget} of its ${memory}`,
  remedy: () => [
    "parallel.tp or pp: more devices for one engine; expert_parallel and dp for a mixture of experts",
    "or a quantised model, or a higher gpu-memory-utilization",
  ],
};

/** M16: the cache has to hold one request of the longest length, or vLLM refuses to start. Source: `kvBytesPerToken`, launch.md §6.1. */
const m16: Rule<Sized, Tight> = {
  id: "M16",
  level: "error",
  *check(sized) {
    for (const { row, at, data } of known(sized)) {
      const { kvTokensAtMost: tokens, longest } = row;
      if (tokens !== null && tokens > 0 && longest !== null && tokens < longest)
        yield { at: [...at, "args", "max-model-len"], subject: row.instance, data };
    }
  },
  message: ({ instance, tokens, longest }) =>
    `${instance} has room for ${tokens.toLocaleString("en-US")} tokens at most, and its longest request has ${longest.toLocaleString("en-US")}`,
  remedy: ({ tokens }) => [
    `max-model-len: below ${tokens}, as activations take their part`,
    "or kv-cache-dtype: fp8, more devices for one engine, a higher gpu-memory-utilization",
  ],
};

/** Judged only where the whole model is counted: a lower bound on its weights is no proof that it fits, but a proof that it does not. */
export const capacityRules: readonly AnyRule<Sized>[] = [m15, m16];

function* known({
  topology,
  capacity,
}: Sized): Iterable<{ row: InstanceCapacity; at: readonly (string | number)[]; data: Tight }> {
  const paths = new Map(topology.instances.map(({ id, path }) => [id, path]));
  for (const row of capacity.instances) {
    const data = {
      instance: row.instance,
      weights: gib(row.weightBytes ?? 0),
      budget: gib(row.budgetBytes ?? 0),
      memory: gib(row.memoryBytes ?? 0),
      tokens: row.kvTokensAtMost ?? 0,
      longest: row.longest ?? 0,
    };
    yield { row, at: paths.get(row.instance) ?? [], data };
  }
}
