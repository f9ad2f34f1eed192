import type { BenchData } from "../../cluster/bench/data.ts";
import { count, several, size } from "../../words/numbers.ts";
import { padEnd } from "../text/width.ts";

/** The benchmark's own table, and under it what the cluster's counters say of its requests. */
export function benchLines({ table, ...data }: BenchData): string[] {
  const { requests, completed, kv, proxy, wrong } = data;
  const line = (about: BenchData["wrong"][number]["about"], doubtful: boolean, text: string) => {
    const sign = wrong.some((one) => one.about === about) ? "✖" : doubtful ? "⚠" : "✔";
    return `${sign} ${padEnd(about, 10)}${text}`;
  };
  return [
    ...table,
    ...(table.length > 0 ? [""] : []),
    line("answered", false, `${completed} of ${several(requests, "request")}`),
    line("kv", kv === undefined, kv === undefined ? "no counter shows it (none)" : moved(kv)),
    ...(proxy === undefined ? [] : [line("proxy", proxy.retries > 0, relayed(proxy))]),
  ];
}

function moved({ prompt_tokens, from_prefill, cached, computed, bytes, transfers }: NonNullable<BenchData["kv"]>) {
  const where = [
    `${count(from_prefill)} of ${count(prompt_tokens)} prompt tokens came from prefill`,
    ...(bytes === undefined ? [] : [size(bytes)]),
    ...(transfers === undefined ? [] : [several(transfers, "transfer")]),
    ...(cached === 0 ? [] : [`decode had ${count(cached)} already`]),
    ...(computed === 0 ? [] : [`decode computed ${count(computed)} itself`]),
  ];
  return `${where.join(", ")} (counter)`;
}

const relayed = ({ alone, missing_kv, retries }: NonNullable<BenchData["proxy"]>) =>
  `${alone} to decode alone, ${missing_kv} without KV, ${several(retries, "retry", "retries")}`;
