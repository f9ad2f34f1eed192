import type { Pair } from "./case.ts";
import { type Engine, until } from "./engine.ts";
import { moved, movement, type Page } from "./metrics.ts";
import type { Seen } from "./seen.ts";

const LATEST_MS = 5_000;

/** How the counters of these engines moved while something was done. vLLM publishes them a step after the answer, so they must be still. */
export async function watching<Name extends string>(
  engines: Readonly<Record<Name, Engine>>,
  { launcher, unit }: Pair,
  act: () => Promise<Seen>,
): Promise<Seen> {
  const names = Object.keys(engines) as Name[];
  await Promise.all(names.map((name) => atRest(engines[name], launcher.leaseSeconds * 4_000)));
  const before = await Promise.all(names.map((name) => engines[name].metrics()));
  const answer = await act();
  const after = await Promise.all(names.map((name) => still(engines[name], launcher.settleMs)));
  const rows = names.map((name, at) => [name, moved(movement(before[at] ?? new Map(), after[at] ?? new Map()), unit)]);
  return { answer, moved: Object.fromEntries(rows) };
}

/** Nothing runs, and no KV is held for anybody: what moves from here on is the act's doing. */
export const atRest = (engine: Engine, withinMs: number): Promise<void> =>
  until(`${engine.url} is at rest`, withinMs, async () => {
    const page = await engine.metrics();
    return idle(page) && page.get("vllm:kv_cache_usage_perc") === 0;
  });

/** The counters once nothing runs and two looks agree. */
async function still(engine: Engine, everyMs: number): Promise<Page> {
  let last = await engine.metrics();
  for (const end = performance.now() + LATEST_MS; performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    const now = await engine.metrics();
    if (idle(now) && movement(last, now).size === 0) return now;
    last = now;
  }
  return last;
}

export const idle = (page: Page): boolean =>
  page.get("vllm:num_requests_running") === 0 && page.get("vllm:num_requests_waiting") === 0;
