import { meetings, once } from "../../once.ts";
import type { Rule } from "../rule.ts";
import type { Args, Instance, Topology } from "../topology.ts";

/** A whole number that the user wrote; undefined: not written, or no number. */
function number(args: Args, flag: string): number | undefined {
  const value = args[flag];
  return typeof value === "string" && /^[1-9]\d*$/.test(value) ? Number(value) : undefined;
}

const length = ({ engine }: Instance) => number(engine.args, "max-model-len");

const pairs = once(({ instances }: Topology) => {
  const of = (side: Instance["role"]) => instances.filter(({ role }) => role === side);
  return meetings(of("prefill"), of("decode"), ({ engine }) => JSON.stringify(engine.args));
});

/** M04: what prefill takes, decode must take too. Source: launch.md §10.4. */
export const m04: Rule<Topology, { prefill: number; decode: number }> = {
  id: "M04",
  level: "warning",
  *check(topology) {
    for (const [p, d] of pairs(topology)) {
      const [prefill, decode] = [length(p), length(d)];
      if (prefill === undefined || decode === undefined || decode >= prefill) continue;
      yield { at: [...d.path, "args", "max-model-len"], subject: `${p.id} and ${d.id}`, data: { prefill, decode } };
    }
  },
  message: ({ prefill, decode }) =>
    `decode takes max-model-len ${decode}, prefill ${prefill}: longer requests pass prefill and fail on decode`,
  remedy: ({ prefill }) => `max-model-len: ${prefill} on both sides`,
};

/** Two names of one format. */
const cacheType = ({ engine }: Instance): string => {
  const value = engine.args["kv-cache-dtype"];
  return typeof value !== "string" ? "auto" : value === "fp8_e4m3" ? "fp8" : value;
};

/** M05: KV is read as it was written. Source: launch.md §3.2, §10.4. */
export const m05: Rule<Topology, { prefill: string; decode: string }> = {
  id: "M05",
  level: "error",
  *check(topology) {
    for (const [p, d] of pairs(topology)) {
      const [prefill, decode] = [cacheType(p), cacheType(d)];
      if (prefill === decode) continue;
      const at = [...(d.engine.args["kv-cache-dtype"] === undefined ? p : d).path, "args", "kv-cache-dtype"];
      yield { at, subject: `${p.id} and ${d.id}`, data: { prefill, decode } };
    }
  },
  message: ({ prefill, decode }) => `prefill writes KV as ${prefill}, and decode reads it as ${decode}`,
  remedy: ({ prefill, decode }) => `kv-cache-dtype: ${prefill === "auto" ? decode : prefill} on both sides`,
};

/** M09: without chunks a whole prompt has to fit into one batch. Source: launch.md §10.4. */
export const m09: Rule<Topology, { instance: string; batched: number; longest: number }> = {
  id: "M09",
  level: "error",
  *check({ instances }) {
    for (const instance of instances) {
      const { args } = instance.engine;
      const [batched, longest] = [number(args, "max-num-batched-tokens"), length(instance)];
      if (args["enable-chunked-prefill"] !== false || batched === undefined || longest === undefined) continue;
      if (batched >= longest) continue;
      const data = { instance: instance.id, batched, longest };
      yield { at: [...instance.path, "args", "max-num-batched-tokens"], subject: instance.id, data };
    }
  },
  message: ({ instance, batched, longest }) =>
    `${instance} has max-num-batched-tokens ${batched} below max-model-len ${longest}, which vLLM refuses without chunked prefill`,
  remedy: ({ longest }) => [`max-num-batched-tokens: ${longest}, or more`, "or enable-chunked-prefill: true"],
};

const MARGIN = 32; // what a benchmark adds to a random prompt, at most

/** M10: a request that does not fit is refused, and the benchmark measures refusals. Source: launch.md §0, seed 001. */
export const m10: Rule<Topology, { input: number; output: number; longest: number }> = {
  id: "M10",
  level: "warning",
  *check({ bench, instances }) {
    const [input, output] = ["random-input-len", "random-output-len"].map((flag) => number(bench?.args ?? {}, flag));
    const lengths = instances.flatMap((instance) => length(instance) ?? []);
    if (bench === undefined || input === undefined || output === undefined || lengths.length === 0) return;
    const longest = Math.min(...lengths);
    if (input + output > longest)
      yield { at: [...bench.path, "args", "random-input-len"], data: { input, output, longest } };
  },
  message: ({ input, output, longest }) =>
    `bench sends ${counted(input + output)} tokens per request, max-model-len is ${longest}`,
  caret: ({ input, output }) => `+ ${output} = ${counted(input + output)}`,
  remedy: ({ input, output, longest }) => {
    const fits = Math.floor((longest - output - MARGIN) / 100) * 100;
    const longer = `engine.args.max-model-len: ${input + output}`;
    return fits > 0 ? `random-input-len: ${fits}, or ${longer}` : longer;
  },
};

const counted = (count: number): string => (count < 10_000 ? String(count) : count.toLocaleString("en-US"));
