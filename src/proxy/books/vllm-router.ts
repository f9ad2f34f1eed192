import { labelText } from "./metrics.ts";

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Twin {
  readonly name: string;
  readonly type: "counter" | "histogram";
  readonly from: string;
  readonly where: (labels: Sample["labels"]) => boolean;
  /** The router's label, and which of ours has its value. */
  readonly label: readonly [theirs: string, ours: string];
}

const ofRole = (role: string) => (labels: Sample["labels"]) => labels.role === role;
const both = (labels: Sample["labels"]) => labels.route === "pd";
const every = () => true;

const counter = (name: string, from: string, where: Twin["where"], label: Twin["label"]): Twin => ({
  ...{ name: `vllm_router_pd_${name}_total`, type: "counter", from: `pdctl_proxy_${from}_total`, where, label },
});

/** The names under which vllm-router's dashboards look for its PD mode. Source: proxy-protocols.md §B.11 */
const twins: readonly Twin[] = [
  counter("requests", "requests", both, ["route", "endpoint"]),
  counter("prefill_requests", "upstream_requests", ofRole("prefill"), ["worker", "target"]),
  counter("decode_requests", "upstream_requests", ofRole("decode"), ["worker", "target"]),
  counter("errors", "failures", every, ["error_type", "fault"]),
  counter("prefill_errors", "upstream_errors", ofRole("prefill"), ["worker", "target"]),
  counter("decode_errors", "upstream_errors", ofRole("decode"), ["worker", "target"]),
  counter("stream_errors", "broken_streams", every, ["worker", "target"]),
  {
    ...{ name: "vllm_router_pd_request_duration_seconds", type: "histogram" },
    ...{ from: "pdctl_proxy_request_duration_seconds", where: both, label: ["route", "endpoint"] },
  },
];

/** @param text of /metrics @returns the same, and the router's names for what it says */
export function withRouterNames(text: string): string {
  const samples = text.split("\n").flatMap((line) => sampleOf(line) ?? []);
  return `${text}${twins.flatMap((twin) => twinLines(twin, samples)).join("\n")}\n`;
}

function twinLines({ name, type, from, where, label: [theirs, ours] }: Twin, samples: readonly Sample[]): string[] {
  const sums = new Map<string, number>();
  for (const { name: found, labels, value } of samples) {
    const tail = found.startsWith(from) ? found.slice(from.length) : undefined;
    if (tail === undefined || !/^(_bucket|_sum|_count)?$/.test(tail) || !where(labels)) continue;
    const { le } = labels;
    const row = `${name}${tail}${labelText({ [theirs]: labels[ours] ?? "", ...(le !== undefined && { le }) })}`;
    sums.set(row, (sums.get(row) ?? 0) + value);
  }
  return [`# TYPE ${name} ${type}`, ...[...sums].map(([row, value]) => `${row} ${value}`)];
}

function sampleOf(line: string): Sample | undefined {
  const [, name, text = "", value] = /^([a-z]\w*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) return undefined;
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", raw = ""]) => [key, plain(raw)]);
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}

const plain = (raw: string) => raw.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
