import type { BenchData } from "../cluster/events.ts";
import { count, several, size } from "../words/numbers.ts";
import { padEnd } from "./width.ts";

/** The benchmark's own table, and under it what the cluster's counters say of its requests. */
export function benchLines({ table, ...data }: BenchData): string[] {
  const line = (sign: string, subject: string, text: string) => `${sign} ${padEnd(subject, 10)}${text}`;
  const { requests, completed, kv, proxy } = data;
  return [
    ...table,
    ...(table.length > 0 ? [""] : []),
    line(completed === requests ? "✔" : "✖", "answered", `${completed} of ${several(requests, "request")}`),
    kv === undefined
      ? line("⚠", "kv", "no counter shows it (none)")
      : line(kv.from_prefill > 0 && kv.computed === 0 && kv.wrong.length === 0 ? "✔" : "✖", "kv", moved(kv)),
    ...(proxy === undefined
      ? []
      : [line(proxy.alone + proxy.missing_kv > 0 ? "✖" : proxy.retries > 0 ? "⚠" : "✔", "proxy", relayed(proxy))]),
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
