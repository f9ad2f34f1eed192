import { readdirSync, readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

const STEP_MS = 10;
const QUANTILES = [0.5, 0.99, 1];

/** What Prometheus asks of every process, and how late this one's event loop is. @returns ends the watching */
export function processMetrics(metrics: Metrics): () => void {
  const started = Date.now() / 1000 - process.uptime();
  metrics.counted("process_cpu_seconds_total", "CPU time, user and system.", () => {
    const { user, system } = process.cpuUsage();
    return [[{}, (user + system) / 1e6]];
  });
  metrics.gauge("process_resident_memory_bytes", "Resident memory.", () => [[{}, process.memoryUsage.rss()]]);
  metrics.gauge("process_heap_bytes", "JavaScript heap in use.", () => [[{}, process.memoryUsage().heapUsed]]);
  metrics.gauge("process_start_time_seconds", "When it started, since the epoch.", () => [[{}, started]]);
  metrics.gauge("process_open_fds", "Open file descriptors; one per connection.", () => rows(openDescriptors()));
  metrics.gauge("process_max_fds", "The limit on them.", () => rows(mostDescriptors()));
  return loopLag(metrics);
}

const rows = (value: number | undefined): [Record<string, string>, number][] =>
  value === undefined ? [] : [[{}, value]];

/** Undefined where there is no /proc. */
function openDescriptors(): number | undefined {
  return reading(() => readdirSync("/proc/self/fd").length);
}

function mostDescriptors(): number | undefined {
  return reading(() => {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  });
}

function reading(read: () => number | undefined): number | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** How late timers ran since the scrape before. */
function loopLag(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: STEP_MS });
  delay.enable();
  metrics.gauge(
    "pdctl_proxy_event_loop_lag_seconds",
    "How late the event loop was since the last scrape.",
    () => {
      const late = QUANTILES.map((quantile) => Math.max(0, delay.percentile(quantile * 100) / 1e9 - STEP_MS / 1000));
      delay.reset();
      return QUANTILES.map((quantile, at) => [{ quantile }, late[at] ?? 0]);
    },
    ["quantile"],
  );
  return () => delay.disable();
}
