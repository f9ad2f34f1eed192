/** What keeps this process from ending, by kind: sockets, listeners and timers that nobody has given back. */
export type Resources = ReadonlyMap<string, number>;

const COUNTED = new Set(["TCPSocketWrap", "TCPServerWrap", "ConnectWrap", "Timeout"]);

export function resources(): Resources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (COUNTED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** The kinds of which there are more than before. */
export const moreThan = (before: Resources): readonly (readonly [kind: string, count: number])[] =>
  [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0));

/** What a scrape of /metrics says that must be nothing when no request is there: all gauges of work. */
export const busyGauges = (metrics: string): readonly string[] =>
  metrics.split("\n").filter((row) => GAUGES_OF_WORK.test(row) && !row.endsWith(" 0"));

const GAUGES_OF_WORK = /^pdctl_proxy_\w*(inflight|load_tokens|pinned)\w*[{ ]/;

/** Clients that asked for a completion, and what became of them as they know it. */
export interface Asked {
  readonly sent: number;
  /** They said that they leave; the proxy may not have known them yet, or have answered already. */
  readonly left: number;
}

/** Every request is in the metrics exactly once: as an answer, or as a client that left. @returns what is wrong */
export function miscounted(metrics: string, { sent, left }: Asked): readonly string[] {
  const answers = sum(metrics, "pdctl_proxy_requests_total");
  const aborts = sum(metrics, "pdctl_proxy_aborts_total");
  const all = answers + aborts;
  return [
    ...(aborts > left ? [`${aborts} clients left, says the proxy; it was ${left}`] : []),
    ...(all < sent - left || all > sent
      ? [`${answers} answers and ${aborts} aborts of ${sent} requests, ${left} of which left`]
      : []),
  ];
}

export const sum = (metrics: string, name: string): number =>
  metrics
    .split("\n")
    .filter((row) => row.startsWith(`${name}{`) || row.startsWith(`${name} `))
    .reduce((total, row) => total + Number(row.slice(row.lastIndexOf(" "))), 0);
