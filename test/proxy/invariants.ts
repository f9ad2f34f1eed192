import { expect } from "vitest";

const LIMIT_MS = 10_000; // in a sound run all of it is true within milliseconds

/** What keeps this process from ending, by kind: sockets, listeners and timers that nobody has given back. */
export type Resources = ReadonlyMap<string, number>;

const COUNTED = new Set(["TCPSocketWrap", "TCPServerWrap", "ConnectWrap", "Timeout"]);

export function resources(): Resources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (COUNTED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Waits for the last sockets to close: no more of a kind are there than before. */
export async function nothingLeft(before: Resources): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const more = [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
    if (more.length === 0) return;
    if (performance.now() > deadline) expect(more, "left open when everything was closed").toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a scrape of /metrics says that must be nothing when no request is there: all gauges of work. */
export const busyGauges = (metrics: string): readonly string[] =>
  metrics.split("\n").filter((row) => GAUGES_OF_WORK.test(row) && !row.endsWith(" 0"));

const GAUGES_OF_WORK = /^pdctl_proxy_\w*(inflight|queued|load_tokens|pinned)\w*[{ ]/;

/** Clients that asked for a completion, and what became of them as they know it. */
export interface Asked {
  readonly sent: number;
  /** They said that they leave; the proxy may not have known them yet, or have answered already. */
  readonly left: number;
}

/** Every request is in the metrics exactly once: as an answer, or as a client that left. */
export function countedOnce(metrics: string, { sent, left }: Asked): void {
  const answers = sum(metrics, "pdctl_proxy_requests_total");
  const aborts = sum(metrics, "pdctl_proxy_aborts_total");
  expect(aborts, "aborts, of the clients that left").toBeLessThanOrEqual(left);
  expect(answers + aborts, "requests in the metrics").toBeGreaterThanOrEqual(sent - left);
  expect(answers + aborts, "requests in the metrics").toBeLessThanOrEqual(sent);
}

export const sum = (metrics: string, name: string): number =>
  metrics
    .split("\n")
    .filter((row) => row.startsWith(`${name}{`) || row.startsWith(`${name} `))
    .reduce((total, row) => total + Number(row.slice(row.lastIndexOf(" "))), 0);
